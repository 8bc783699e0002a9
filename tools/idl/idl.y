/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The grammar. It builds the tree and checks nothing but form: meaning is
 * checked in check.c, so that one run can report many mistakes.
 */
%require "3.8"
%language "C"
%locations
%define api.pure full
%define api.prefix {idl_}
%define api.location.type {place_range_t}
%define parse.error custom
%define parse.lac full
%param {void *scanner}
%parse-param {struct source *source}
%initial-action { @$ = (place_range_t){1, 1, 1, 1}; }

%code requires {
#include "parser_priv.h"
}

%code {
#include <stdlib.h>
#include <string.h>

int idl_lex(YYSTYPE *value, YYLTYPE *place, void *scanner);

static struct place start(YYLTYPE place)
{
    return (struct place){place.first_line, place.first_column};
}

static void idl_error(YYLTYPE *place, void *scanner, struct source *source, const char *text)
{
    (void)scanner;
    source_error(source, start(*place), "%s", text);
}

static struct value plain(YYLTYPE place, number_t number)
{
    return (struct value){.place = start(place), .value = number};
}

static struct type *new_type(struct source *source, YYLTYPE place, enum type_kind kind)
{
    struct type *type = source_alloc(source, sizeof(*type));

    type->place = start(place);
    type->kind = kind;
    return type;
}

static struct item *new_item(struct source *source, YYLTYPE place, char *name, char *doc)
{
    struct item *item = source_alloc(source, sizeof(*item));

    item->place = start(place);
    item->name = name;
    item->doc = doc;
    return item;
}

static void add_group(struct source *source, struct group head)
{
    struct group **end = &source->protocol->groups;

    while (*end)
        end = &(*end)->next;
    *end = source_alloc(source, sizeof(head));
    **end = head;
}

static void add_method(struct source *source, struct method head)
{
    struct method **end = &source->protocol->methods;

    while (*end)
        end = &(*end)->next;
    *end = source_alloc(source, sizeof(head));
    **end = head;
}
}

%union {
    char *text;
    number_t number;
    struct { int bits; bool is_signed; } integer;
    struct value value;
    struct type *type;
    struct item *item;
    struct { struct item *errors; bool idempotent, waits; } marks;
}

%token <text> NAME "a name"
%token <text> DOC "a documentation comment"
%token <number> NUMBER "a number"
%token <integer> INTEGER "an integer type"
%token PROTOCOL "'protocol'" VERSION "'version'" ERROR "'error'" STRUCT "'struct'" ENUM "'enum'"
%token CONST "'const'" METHOD "'method'" ERRORS "'errors'" IDEMPOTENT "'idempotent'" WAITS "'waits'"
%token IN "'in'"
%token BOOL "'bool'" STRING "'string'" BYTES "'bytes'" BUFFER "'buffer'" CAP "'cap'" MOVE "'move'"
%token DOTS "'..'" ARROW "'->'"

%type <text> doc cap_name
%type <value> value
%type <type> type integer
%type <item> numbered numbered_list numbered_items field fields
%type <item> param params param_items results names
%type <marks> marks

%%

file:
    head '{' parts '}'
    ;

head:
    doc PROTOCOL NAME VERSION NUMBER
    {
        source->protocol = source_alloc(source, sizeof(*source->protocol));
        source->protocol->doc = $doc;
        source->protocol->name = $NAME;
        source->protocol->place = start(@NAME);
        source->protocol->version = plain(@NUMBER, $NUMBER);
    }
    ;

doc:
    %empty { $$ = NULL; }
    | DOC
    ;

parts:
    %empty
    | parts part
    ;

part:
    doc ERROR '{' numbered_list '}'
    {
        source->protocol->errors = item_append(source->protocol->errors, $numbered_list);
    }
    | doc CONST NAME '=' value ';'
    {
        struct item *constant = new_item(source, @NAME, $NAME, $doc);

        constant->value = $value;
        source->protocol->constants = item_append(source->protocol->constants, constant);
    }
    | doc ENUM NAME ':' integer '{' numbered_list '}'
    {
        add_group(source, (struct group){.place = start(@NAME), .name = $NAME, .doc = $doc,
                                         .base = $integer, .items = $numbered_list});
    }
    | doc STRUCT NAME '{' fields '}'
    {
        add_group(source, (struct group){.place = start(@NAME), .name = $NAME, .doc = $doc,
                                         .items = $fields});
    }
    | doc METHOD NAME '=' NUMBER '(' params ')' results marks ';'
    {
        add_method(source, (struct method){
            .place = start(@NAME), .name = $NAME, .doc = $doc, .number = plain(@NUMBER, $NUMBER),
            .params = $params, .results = $results, .errors = $marks.errors,
            .idempotent = $marks.idempotent, .waits = $marks.waits});
    }
    ;

numbered_list:
    numbered_items
    | numbered_items ','
    ;

numbered_items:
    numbered
    | numbered_items ',' numbered { $$ = item_append($1, $3); }
    ;

numbered:
    doc NAME '=' value { $$ = new_item(source, @NAME, $NAME, $doc); $$->value = $value; }
    ;

fields:
    field
    | fields field { $$ = item_append($1, $2); }
    ;

field:
    param ';'
    ;

results:
    %empty { $$ = NULL; }
    | ARROW '(' params ')' { $$ = $params; }
    ;

params:
    %empty { $$ = NULL; }
    | param_items
    ;

param_items:
    param
    | param_items ',' param { $$ = item_append($1, $3); }
    ;

param:
    doc NAME ':' type { $$ = new_item(source, @NAME, $NAME, $doc); $$->type = $type; }
    ;

type:
    BOOL { $$ = new_type(source, @$, TYPE_BOOL); }
    | integer
    | integer IN value[low] DOTS value[high]
    {
        $$ = $integer;
        $$->ranged = true;
        $$->low = $low;
        $$->high = $high;
    }
    | NAME { $$ = new_type(source, @$, TYPE_NAMED); $$->name = $NAME; }
    | STRING '<' value '>' { $$ = new_type(source, @$, TYPE_STRING); $$->limit = $value; }
    | BYTES '<' value '>' { $$ = new_type(source, @$, TYPE_BYTES); $$->limit = $value; }
    | BUFFER { $$ = new_type(source, @$, TYPE_BUFFER); }
    | CAP cap_name { $$ = new_type(source, @$, TYPE_CAP); $$->name = $cap_name; }
    | MOVE CAP cap_name
    {
        $$ = new_type(source, @$, TYPE_CAP);
        $$->name = $cap_name;
        $$->move = true;
    }
    ;

cap_name:
    %empty { $$ = NULL; }
    | NAME
    ;

integer:
    INTEGER
    {
        $$ = new_type(source, @$, TYPE_INT);
        $$->bits = $INTEGER.bits;
        $$->is_signed = $INTEGER.is_signed;
    }
    ;

value:
    NUMBER { $$ = plain(@$, $NUMBER); }
    | '-' NUMBER { $$ = plain(@$, -$NUMBER); }
    | NAME { $$ = plain(@$, 0); $$.name = $NAME; }
    ;

marks:
    %empty { $$.errors = NULL; $$.idempotent = $$.waits = false; }
    | marks ERRORS names { $$ = $1; $$.errors = item_append($$.errors, $names); }
    | marks IDEMPOTENT { $$ = $1; $$.idempotent = true; }
    | marks WAITS { $$ = $1; $$.waits = true; }
    ;

names:
    NAME { $$ = new_item(source, @NAME, $NAME, NULL); }
    | names ',' NAME { $$ = item_append($1, new_item(source, @NAME, $NAME, NULL)); }
    ;

%%

enum { EXPECTED_MAX = 8 };

static void append(char *text, size_t room, const char *more)
{
    size_t used = strlen(text);

    snprintf(text + used, room - used, "%s", more);
}

/* "unexpected X, expected A, B or C". */
static int yyreport_syntax_error(const yypcontext_t *context, void *scanner, struct source *source)
{
    yysymbol_kind_t expected[EXPECTED_MAX], got = yypcontext_token(context);
    int count = yypcontext_expected_tokens(context, expected, EXPECTED_MAX);
    char text[400] = "unexpected ";

    (void)scanner;
    if (got == YYSYMBOL_YYUNDEF)        /* the scanner has said what is wrong */
        return 0;
    append(text, sizeof(text), yysymbol_name(got));
    for (int i = 0; i < count; i++) {
        append(text, sizeof(text), i == 0 ? ", expected " : i == count - 1 ? " or " : ", ");
        append(text, sizeof(text), yysymbol_name(expected[i]));
    }
    source_error(source, start(*yypcontext_location(context)), "%s", text);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages, a process and its memory, time and signals, as far as files need them. */
#include "fake.h"

#include "file.h"
#include "policy.h"
#include "proc.h"
#include "random.h"
#include "system.h"
#include "trace.h"

#include <rt/clock.h>
#include <rt/program.h>
#include <stdarg.h>

#define PAGES 32768u
#define PROT_RW 3
#define MAP_PRIVATE_ANONYMOUS_FIXED 0x32

void *mmap(void *, size_t, int, int, int, long);
void abort(void) __attribute__((noreturn));

struct task *first, *caller;
struct process *processes;
int64_t clock_realtime_offset = 1700000000ll * 1000000000;

static word_t now = 5000000000u;
static uint16_t references[PAGES];
static uint32_t free_pages[PAGES];
static word_t free_count;
static int last_signal;
static int last_pid;

/* --- pages --- */

static page_t take(void)
{
    if (free_count == 0)
        return 0;
    references[free_pages[free_count - 1]] = 1;
    return free_pages[--free_count];
}

page_t page_alloc(void)
{
    page_t page = take();

    if (page != 0)
        memset(page_data(page), 0, PAGE);
    return page;
}

page_t page_alloc_dirty(void)
{
    page_t page = take();

    if (page != 0)
        memset(page_data(page), 0xa5, PAGE);
    return page;
}

void page_ref(page_t page)
{
    references[page]++;
}

void page_unref(page_t page)
{
    if (page == 0 || page >= PAGES || references[page] == 0) {
        printf("FAIL a page is given back twice: %u\n", page);
        abort();
    }
    if (--references[page] == 0) {
        memset(page_data(page), 0xd5, PAGE);
        free_pages[free_count++] = page;
    }
}

word_t pages_free(void)
{
    return free_count;
}

word_t pages_total(void)
{
    return PAGES - 1;
}

/* --- memory --- */

static bool is_good(word_t address, size_t bytes)
{
    return address >= PAGE && address + bytes >= address && address < (word_t)1 << 47;
}

void *user_reach(struct task *t, word_t address, bool write, size_t *left, long *error)
{
    (void)t;
    (void)write;
    *left = PAGE - address % PAGE;
    *error = -EFAULT;
    return is_good(address, 1) ? (void *)address : NULL;
}

long user_read(struct task *t, void *to, word_t from, size_t bytes)
{
    (void)t;
    if (!is_good(from, bytes))
        return -EFAULT;
    memcpy(to, (void *)from, bytes);
    return 0;
}

long user_write(struct task *t, word_t to, const void *from, size_t bytes)
{
    (void)t;
    if (!is_good(to, bytes))
        return -EFAULT;
    memcpy((void *)to, from, bytes);
    return 0;
}

long user_string(struct task *t, char *to, word_t from, size_t size)
{
    (void)t;
    if (!is_good(from, 1))
        return -EFAULT;
    for (size_t n = 0; n < size; n++) {
        to[n] = ((const char *)from)[n];
        if (to[n] == 0)
            return (long)n;
    }
    return -ENAMETOOLONG;
}

void space_drop_file(struct inode *inode, word_t first_page)
{
    (void)inode;
    (void)first_page;
}

/* proc_memory.c is about memory that programs have here of the host. */
void proc_maps(struct text *x, const struct subject *s)
{
    (void)x;
    (void)s;
}

void proc_smaps(struct text *x, const struct subject *s)
{
    (void)x;
    (void)s;
}

void proc_auxv(struct text *x, const struct subject *s)
{
    (void)x;
    (void)s;
}

long proc_mem_open(struct file *f, const struct subject *s)
{
    (void)f;
    (void)s;
    return -EACCES;
}

word_t space_resident(const struct space *s)
{
    (void)s;
    return 0;
}

word_t space_size(const struct space *s)
{
    (void)s;
    return 0;
}

/* --- time --- */

word_t clock_now(void)
{
    return now;
}

word_t sleepers_wake(word_t at);

void clock_arm(word_t deadline)
{
    (void)deadline;
}

static struct alarm *alarms;

void alarm_cancel(struct alarm *a)
{
    struct alarm **at = &alarms;

    while (*at != NULL && *at != a)
        at = &(*at)->next;
    if (*at != NULL)
        *at = a->next;
    a->armed = false;
}

void alarm_set(struct alarm *a, word_t deadline)
{
    alarm_cancel(a);
    a->deadline = deadline;
    a->armed = true;
    a->next = alarms;
    alarms = a;
}

long clock_read(int id, struct timespec *time)
{
    word_t ns = now + (id == 0 ? (word_t)clock_realtime_offset : 0);

    if (id != 0 && id != 1 && id != 7)
        return -EINVAL;
    *time = (struct timespec){(int64_t)(ns / 1000000000u), (int64_t)(ns % 1000000000u)};
    return 0;
}

void fake_pass(word_t ns)
{
    now += ns;
    for (bool any = true; any;) {
        any = false;
        for (struct alarm *a = alarms; a != NULL && !any; a = a->next) {
            if (a->deadline <= now) {
                alarm_cancel(a);
                a->fire(a);
                any = true;
            }
        }
    }
    (void)sleepers_wake(now);
}

word_t rt_ticks_to_ns(word_t ticks)
{
    return ticks;
}

/* --- processes and signals --- */

struct process *process_find(int pid)
{
    struct process *p = processes;

    while (p != NULL && p->pid != pid)
        p = p->next;
    return p;
}

struct task *task_find(int tid)
{
    struct process *p = process_find(tid);

    return p == NULL ? NULL : p->tasks;
}

struct process *process_of_group(int pgid, int sid)
{
    struct process *p = processes;

    while (p != NULL && (p->pgid != pgid || (sid != 0 && p->sid != sid)))
        p = p->next;
    return p;
}

bool process_group_orphaned(int pgid)
{
    (void)pgid;
    return false;
}

word_t process_time_ns(struct process *p)
{
    return (word_t)p->pid * 1000000000u;
}

long process_environment(struct process *p, char *to, size_t size)
{
    return process_command_line(p, to, size);
}

long process_command_line(struct process *p, char *to, size_t size)
{
    (void)p;
    (void)size;
    memcpy(to, "fake", 5);
    return 5;
}

void signal_send(struct process *p, int number)
{
    (void)p;
    last_signal = number;
}

long signal_process(struct process *p, const struct siginfo *info)
{
    signal_send(p, info->number);
    return 0;
}

long signal_task(struct task *t, const struct siginfo *info)
{
    signal_send(t->process, info->number);
    return 0;
}

int signal_group(int pgid, int number)
{
    (void)pgid;
    last_signal = number;
    return 1;
}

bool signal_blocked_or_ignored(const struct task *t, int number)
{
    return (t->blocked & SIGNAL_BIT(number)) != 0;
}

long signal_mask_of_call(struct task *t, word_t from, word_t bytes)
{
    sigset_t mask;

    if (from == 0)
        return 0;
    return bytes == sizeof mask ? user_read(t, &mask, from, sizeof mask) : -EINVAL;
}

sigset_t signal_pending(const struct task *t)
{
    return t->process->pending.set;
}

int signal_take(struct task *t, sigset_t set, struct siginfo *info)
{
    sigset_t found = t->process->pending.set & set;

    if (found == 0)
        return 0;
    memset(info, 0, sizeof *info);
    info->number = __builtin_ctzl(found) + 1;
    t->process->pending.set &= ~SIGNAL_BIT(info->number);
    return info->number;
}

int fake_signal(void)
{
    int number = last_signal;

    last_signal = 0;
    return number;
}

/* --- the rest of the component --- */

void random_bytes(void *to, size_t bytes)
{
    memset(to, 0x5a, bytes);
}

const char *system_host_name(void)
{
    return "host";
}

void rt_say(unsigned level, const char *format, ...)
{
    (void)level;
    (void)format;
}

size_t rt_length(const char *text)
{
    return __builtin_strlen(text);
}

bool rt_same(const char *left, const char *right)
{
    return __builtin_strcmp(left, right) == 0;
}

struct tty *console_tty(void)
{
    return NULL;
}

/* --- calls --- */

#define ROW(n, name, what, ...) [n] = sys_##name,
static call_handler *const handlers[CALL_COUNT] = {FILE_CALLS(ROW)};

static long run(struct task *t)
{
    long n;

    caller = t;
    n = handlers[t->number](t, t->arg);
    caller = NULL;
    return n;
}

void task_again(struct task *t)
{
    t->is_kicked = true; /* fake_again finds it */
}

void tasks_run_ready(void);

long fake_call(struct task *t, unsigned number, const word_t *arg)
{
    if (number >= CALL_COUNT || handlers[number] == NULL) {
        printf("FAIL there is no handler of call %u\n", number);
        abort();
    }
    t->number = number;
    memcpy(t->arg, arg, sizeof t->arg);
    t->progress = t->saved_arg = 0;
    t->has_deadline = t->timed_out = t->is_kicked = false;
    return run(t);
}

long fake_again(struct task *t)
{
    tasks_run_ready();
    if (!t->is_kicked)
        return BLOCKED;
    t->is_kicked = false;
    return run(t);
}

struct task *fake_task(void)
{
    struct process *p = heap_alloc(sizeof *p);
    struct task *t = heap_alloc(sizeof *t);

    p->pid = ++last_pid;
    p->pgid = p->pid;
    p->sid = first == NULL ? p->pid : first->process->sid;
    p->next = processes;
    p->tasks = t;
    p->task_count = 1;
    for (int i = 0; i < RLIMITS; i++)
        p->limit[i] = (struct rlimit){~(word_t)0, ~(word_t)0};
    p->limit[RLIMIT_NOFILE] = (struct rlimit){1024, 4096};
    processes = p;
    t->process = p;
    t->tid = p->pid;
    memcpy(t->name, "fake", 5);
    t->files = first == NULL ? files_new() : files_copy(first->files);
    t->place = place_new();
    return t;
}

void fake_start(void)
{
    void *at = mmap((void *)PAGE_WINDOW, PAGES * PAGE, PROT_RW, MAP_PRIVATE_ANONYMOUS_FIXED, -1, 0);

    if (at != (void *)PAGE_WINDOW)
        abort();
    for (uint32_t page = PAGES - 1; page > 0; page--)
        free_pages[free_count++] = page;
    if (!tree_init())
        abort();
    first = fake_task();
}

/* --- no served file systems, and no device of the system, are here --- */

bool served_root(void);
void served_mount_all(void);

long tsr_open(struct file *f)
{
    (void)f;
    return -ENXIO;
}

/* No manifest, no rules. */
bool policy_is_on;

long policy_enter(struct dentry *d, bool last)
{
    (void)d;
    (void)last;
    return 0;
}

bool policy_shows(struct dentry *dir, const char *name, unsigned long length)
{
    (void)dir;
    (void)name;
    return length > 0;
}

void policy_list(struct dentry *dir)
{
    (void)dir;
}

void policy_change(const struct inode *i)
{
    (void)i;
}

long trace_open(struct file *f)
{
    return tsr_open(f);
}

bool trace_add(void)
{
    return true;
}

bool tsr_add(void)
{
    return true;
}

bool served_root(void)
{
    return false;
}

void served_mount_all(void)
{
}

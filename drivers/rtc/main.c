/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtc: the clock in the battery of a PC (Motorola MC146818A and its heirs), read once, at the
 * start. It owns the two ports of the CMOS memory. The clock is taken to run in UTC.
 */
#include <device/port.h>
#include <ipclib/serve.h>
#include <proto/calendar.h>
#include <rt/clock.h>
#include <rt/program.h>

enum { PORT_INDEX = 0, PORT_DATA = 1 };
enum { SECONDS = 0, MINUTES = 2, HOURS = 4, DAY = 7, MONTH = 8, YEAR = 9 };
enum { STATE_A = 10, STATE_B = 11 };
#define STATE_A_UPDATING 0x80u /* the clock is about to change all of it */
#define STATE_B_BINARY   0x04u /* else two decimal digits in a byte */
#define STATE_B_24_HOURS 0x02u /* else 1 to 12, with AFTERNOON */
#define AFTERNOON        0x80u
#define TRIES            10000u /* an update takes 2 ms, a try at least 1 us */
#define CENTURY_FROM     70u    /* the clock knows two digits of the year: 1970 to 2069 */
#define DAY_SECONDS      86400ul

struct date {
    unsigned second, minute, hour, day, month, year;
};

static struct device_ports cmos;
static uint64_t start_seconds; /* 0: not known */

static uint8_t get(uint8_t index)
{
    device_port_write(&cmos, PORT_INDEX, index);
    return device_port_read(&cmos, PORT_DATA);
}

static struct date get_date(void)
{
    return (struct date){get(SECONDS), get(MINUTES), get(HOURS), get(DAY), get(MONTH), get(YEAR)};
}

static bool same(const struct date *a, const struct date *b)
{
    return a->second == b->second && a->minute == b->minute && a->hour == b->hour &&
           a->day == b->day && a->month == b->month && a->year == b->year;
}

/* Two times the same, and no update in between. @return false: it never holds still */
static bool read_steady(struct date *d)
{
    for (unsigned i = 0; i < TRIES; i++) {
        struct date again;

        if (get(STATE_A) & STATE_A_UPDATING)
            continue;
        *d = get_date();
        again = get_date();
        if (same(d, &again))
            return true;
    }
    return false;
}

static unsigned digits(unsigned byte, bool binary)
{
    return binary ? byte : (byte >> 4) * 10 + (byte & 15);
}

/* What the registers mean. @return false: no date */
static bool decode(struct date *d, uint8_t state)
{
    bool binary = state & STATE_B_BINARY, afternoon = d->hour & AFTERNOON;

    d->second = digits(d->second, binary);
    d->minute = digits(d->minute, binary);
    if (!(state & STATE_B_24_HOURS))
        d->hour = digits(d->hour & ~AFTERNOON, binary) % 12 + (afternoon ? 12 : 0);
    else
        d->hour = digits(d->hour, binary);
    d->day = digits(d->day, binary);
    d->month = digits(d->month, binary);
    d->year = digits(d->year, binary);
    d->year += d->year < CENTURY_FROM ? 2000 : 1900;
    return d->second < 60 && d->minute < 60 && d->hour < 24 && d->day >= 1 && d->day <= 31 &&
           d->month >= 1 && d->month <= 12 && d->year < 2070;
}

/* Days since 1970-01-01. Every fourth year from 1972 to 2068 is a leap year, 2000 too. */
static uint64_t days(const struct date *d)
{
    static const unsigned before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool leap_day = d->year % 4 == 0 && d->month > 2;

    return (d->year - 1970) * 365ul + (d->year - 1969) / 4 + before[d->month - 1] + leap_day +
           d->day - 1;
}

static void read_start(void)
{
    struct date d;
    uint64_t now, since = rt_ticks_to_ns(rt_now()) / RT_NS_PER_SECOND;

    if (!read_steady(&d) || !decode(&d, get(STATE_B))) {
        rt_say(1, "the battery's clock tells no date");
        return;
    }
    now = days(&d) * DAY_SECONDS + d.hour * 3600ul + d.minute * 60ul + d.second;
    start_seconds = now > since ? now - since : 0;
}

static enum calendar_error on_start(void *self, word_t badge, uint64_t *seconds)
{
    (void)self;
    (void)badge;
    *seconds = start_seconds;
    return start_seconds == 0 ? CALENDAR_E_NO_DATE : CALENDAR_OK;
}

int main(void)
{
    static const struct calendar_server callbacks = {.start = on_start};
    struct ipc_service service = calendar_service(&callbacks, NULL);
    struct ipc_server server = {.endpoint = COMPONENT_ENDPOINT,
                                .reply = COMPONENT_REPLY,
                                .services = &service,
                                .service_count = 1};

    RT_CHECK(device_ports_open(&cmos, "cmos"));
    read_start();
    return (int)ipc_serve(&server);
}

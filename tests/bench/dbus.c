/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* A D-Bus method call with a byte array, answered with it: sd-bus at both ends, the session's
 * dbus-daemon between them. */

#include <sched.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "bench.h"
#include "transport.h"

#define BUS_NAME      "org.portico.Bench"
#define BUS_PATH      "/org/portico/Bench"
#define BUS_INTERFACE "org.portico.Bench"

static void *dbus_make(void)
{
    return bench_shared(sizeof(uint32_t)); /* not 0: the name is taken */
}

static void bus_need(int result, const char *what)
{
    if (result < 0)
        bench_fail("dbus: %s: %s", what, strerror(-result));
}

static int answer(sd_bus_message *call)
{
    sd_bus_message *reply = NULL;
    const void *data;
    size_t size;

    bus_need(sd_bus_message_read_array(call, 'y', &data, &size), "read");
    bus_need(sd_bus_message_new_method_return(call, &reply), "reply");
    bus_need(sd_bus_message_append_array(reply, 'y', data, size), "append");
    bus_need(sd_bus_send(sd_bus_message_get_bus(call), reply, NULL), "send");
    sd_bus_message_unref(reply);
    return 1;
}

static int on_message(sd_bus_message *message, void *state, sd_bus_error *error)
{
    (void)state;
    (void)error;
    return sd_bus_message_is_method_call(message, BUS_INTERFACE, "Echo") ? answer(message) : 0;
}

static void dbus_serve(void *state)
{
    sd_bus *bus;

    bus_need(sd_bus_open_user(&bus), "no session bus");
    bus_need(sd_bus_add_object(bus, NULL, BUS_PATH, on_message, NULL), "object");
    bus_need(sd_bus_request_name(bus, BUS_NAME, 0), "name");
    __atomic_store_n((uint32_t *)state, 1, __ATOMIC_RELEASE);
    for (;;) {
        int result = sd_bus_process(bus, NULL);
        bus_need(result, "process");
        if (result == 0)
            bus_need(sd_bus_wait(bus, UINT64_MAX), "wait");
    }
}

static void dbus_ask(void *state, uint32_t i)
{
    static sd_bus *bus;
    sd_bus_message *call = NULL, *reply = NULL;
    sd_bus_error error = SD_BUS_ERROR_NULL;
    const void *data;
    size_t size;

    if (i == 0) {
        bus_need(sd_bus_open_user(&bus), "no session bus");
        while (!__atomic_load_n((uint32_t *)state, __ATOMIC_ACQUIRE))
            sched_yield();
    }
    bus_need(sd_bus_message_new_method_call(bus, &call, BUS_NAME, BUS_PATH, BUS_INTERFACE, "Echo"),
             "call");
    bus_need(sd_bus_message_append_array(call, 'y', payload_out, payload_size), "append");
    bus_need(sd_bus_call(bus, call, 0, &error, &reply), "call");
    bus_need(sd_bus_message_read_array(reply, 'y', &data, &size), "read");
    if (size != payload_size)
        bench_fail("dbus: a reply of another size");
    sd_bus_message_unref(call);
    sd_bus_message_unref(reply);
}

const struct transport transport_dbus = {
    .name = "dbus", .make = dbus_make, .serve = dbus_serve, .ask = dbus_ask};

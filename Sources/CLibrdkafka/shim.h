#pragma once
#include <librdkafka/rdkafka.h>
#include <malloc.h>
#include <librdkafka/rdkafka_mock.h>
#ifdef __linux__
#include <sys/prctl.h>
#else
#include <pthread.h>
#endif

/// Names the calling thread for tools; Swift cannot see the variadic and GNU-only functions for it.
static inline void name_current_thread(const char *name) {
#ifdef __linux__
    prctl(PR_SET_NAME, name, 0, 0, 0);
#else
    pthread_setname_np(name);
#endif
}

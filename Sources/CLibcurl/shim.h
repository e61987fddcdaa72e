#pragma once
#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic: Swift cannot call them, and a cast to a function of fixed arity
// passes arguments wrongly on arm64. One function for each kind of argument.

static inline CURLcode shim_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode shim_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

/// curl copies the string.
static inline CURLcode shim_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

/// curl keeps the pointer: error buffers and what callbacks get.
static inline CURLcode shim_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

/// curl keeps the list until the transfer is cleaned up.
static inline CURLcode shim_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

/// CURLOPT_READFUNCTION, CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION have one C type.
typedef size_t (*shim_bytes_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode shim_set_bytes_callback(CURL *easy, CURLoption option, shim_bytes_callback value) {
    return curl_easy_setopt(easy, option, value);
}

typedef int (*shim_seek_callback)(void *context, curl_off_t offset, int origin);

static inline CURLcode shim_set_seek_callback(CURL *easy, shim_seek_callback value) {
    return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, value);
}

static inline CURLcode shim_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode shim_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode shim_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/// The result of a finished transfer: a member of a union in C.
static inline CURLcode shim_message_result(const CURLMsg *message) { return message->data.result; }

static inline CURLcode shim_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

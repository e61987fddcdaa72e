#pragma once
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

/// Bytes of the `level_buf` that a level works best with; the macros are expressions, which Swift does not import.
static inline uint32_t cisal_level_buffer_size(uint32_t level) {
    switch (level) {
    case 0: return ISAL_DEF_LVL0_DEFAULT;
    case 1: return ISAL_DEF_LVL1_DEFAULT;
    case 2: return ISAL_DEF_LVL2_DEFAULT;
    default: return ISAL_DEF_LVL3_DEFAULT;
    }
}

/// Whether the trailer of the member is written completely.
static inline int cisal_is_finished(const struct isal_zstream *stream) {
    return stream->internal_state.state == ZSTATE_END;
}

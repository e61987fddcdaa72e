// The limit of what reads stored files: they are read and unzipped by igzip, their checksums seen, and nothing else.
// Then as many bytes as wanted are written to another file, and synced, as every object that a store is given.
// unzip OUT BYTES FILE…
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr size_t buffer_bytes = 1024 * 1024;

[[noreturn]] void fail(const std::string &what) { throw std::runtime_error(what); }

class File {
public:
    File(const char *path, int flags) : number(open(path, flags, 0644)) {
        if (number < 0) fail(path);
    }
    ~File() { close(number); }
    File(const File &) = delete;

    size_t read_some(std::vector<uint8_t> &buffer) const {
        const ssize_t count = read(number, buffer.data(), buffer.size());
        if (count < 0) fail("read");
        return count;
    }

    void write_all(const uint8_t *bytes, size_t size) const {
        if (write(number, bytes, size) != static_cast<ssize_t>(size)) fail("write");
    }

    void sync() const {
        if (fsync(number)) fail("fsync");
    }

private:
    const int number;
};

class Unzipper {
public:
    /// Gives the bytes that a file has unzipped.
    uint64_t unzip(const char *path) {
        const File file(path, O_RDONLY);
        uint64_t total = 0;
        begin_member();
        while (const size_t size = file.read_some(input)) {
            state.next_in = input.data();
            state.avail_in = size;
            do {
                if (state.block_state == ISAL_BLOCK_FINISH) begin_member();
                state.next_out = output.data();
                state.avail_out = output.size();
                if (isal_inflate(&state) != ISAL_DECOMP_OK) fail("isal_inflate");
                total += output.size() - state.avail_out;
            } while (state.avail_in > 0 || (state.avail_out == 0 && state.block_state != ISAL_BLOCK_FINISH));
        }
        if (state.block_state != ISAL_BLOCK_FINISH) fail("a file that is cut");
        return total;
    }

private:
    void begin_member() {
        isal_inflate_reset(&state);
        state.crc_flag = ISAL_GZIP;
    }

    inflate_state state = {};
    std::vector<uint8_t> input = std::vector<uint8_t>(buffer_bytes), output = std::vector<uint8_t>(buffer_bytes);
};

void write(const char *path, uint64_t bytes) {
    const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
    const std::vector<uint8_t> content(buffer_bytes, 'x');
    for (uint64_t rest = bytes; rest > 0; rest -= std::min<uint64_t>(rest, content.size())) {
        file.write_all(content.data(), std::min<uint64_t>(rest, content.size()));
    }
    file.sync();
}

}  // namespace

int main(int count, char **arguments) {
    if (count < 4) {
        fprintf(stderr, "unzip OUT BYTES FILE…\n");
        return 64;
    }
    try {
        uint64_t total = 0;
        Unzipper unzipper;
        for (int i = 3; i < count; i++) total += unzipper.unzip(arguments[i]);
        write(arguments[1], strtoull(arguments[2], nullptr, 10));
        printf("%llu\n", static_cast<unsigned long long>(total));
    } catch (const std::exception &error) {
        fprintf(stderr, "unzip: %s\n", error.what());
        return 1;
    }
}

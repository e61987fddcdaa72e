// The limit: what the same work costs when nothing is done but the work. No plans, no checks, no recovery.
// librdkafka's batches -> simdjson finds the time and minifies -> igzip -> one file per hour and partition.
// limit BROKERS TOPIC DIRECTORY LEVEL
#include <isa-l/igzip_lib.h>
#include <librdkafka/rdkafka.h>
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr size_t buffer_bytes = 256 * 1024;
constexpr size_t record_bytes_max = 1024 * 1024;
constexpr size_t batch_size = 10000;
constexpr int timeout_ms = 30000;
constexpr int batch_wait_ms = 100;  // a longer one would wait for a full batch at the end

[[noreturn]] void fail(const std::string &what) { throw std::runtime_error(what); }

struct FileCloser {
    void operator()(FILE *file) const { fclose(file); }
};
using File = std::unique_ptr<FILE, FileCloser>;

/// One igzip state for all files: each full buffer becomes a gzip member.
class Compressor {
public:
    explicit Compressor(int level)
        : level_buffer(level == 0 ? 0 : level == 1 ? ISAL_DEF_LVL1_DEFAULT
                                    : level == 2   ? ISAL_DEF_LVL2_DEFAULT
                                                   : ISAL_DEF_LVL3_DEFAULT),
          output(buffer_bytes * 2) {
        isal_deflate_init(&stream);
        stream.level = level;
        stream.level_buf = level_buffer.data();
        stream.level_buf_size = level_buffer.size();
    }

    void write_member(const char *raw, size_t size, FILE *file) {
        isal_deflate_reset(&stream);
        stream.gzip_flag = IGZIP_GZIP;
        stream.next_in = reinterpret_cast<uint8_t *>(const_cast<char *>(raw));
        stream.avail_in = size;
        stream.end_of_stream = 1;
        do {
            stream.next_out = output.data();
            stream.avail_out = output.size();
            if (isal_deflate(&stream) != COMP_OK) fail("isal_deflate");
            const size_t written = output.size() - stream.avail_out;
            if (fwrite(output.data(), 1, written, file) != written) fail("fwrite");
        } while (stream.internal_state.state != ZSTATE_END);
    }

private:
    isal_zstream stream;
    std::vector<uint8_t> level_buffer, output;
};

class HourlyFiles {
public:
    HourlyFiles(std::string directory, int level) : directory(std::move(directory)), compressor(level) {}

    void add(const rd_kafka_message_t *message) {
        const auto *payload = static_cast<const char *>(message->payload);
        if (message->len > record_bytes_max) fail("a record of more than 1 MiB");
        Hour &hour = hour_of(message->partition, hour_name(payload, message->len));
        if (hour.size + message->len + 1 > buffer_bytes) write(hour);
        if (hour.lines.size() < message->len + 1) hour.lines.resize(message->len + 1);
        size_t minified = 0;
        if (simdjson::minify(payload, message->len, &hour.lines[hour.size], minified)) fail("minify");
        hour.size += minified;
        hour.lines[hour.size++] = '\n';
    }

    void finish() {
        for (auto &entry : hours) write(entry.second);
    }

private:
    struct Hour {
        std::vector<char> lines = std::vector<char>(buffer_bytes);
        size_t size = 0;
        File file;
    };

    /// "2026-01-05T13" of the record's timestamp.
    std::string hour_name(const char *payload, size_t size) {
        if (padded.size() < size + simdjson::SIMDJSON_PADDING) padded.resize(2 * size + simdjson::SIMDJSON_PADDING);
        memcpy(&padded[0], payload, size);
        auto document = parser.iterate(padded.data(), size, padded.size());
        std::string_view time;
        if (document["timestamp"].get_string().get(time) || time.size() < 13) fail("a record without its time");
        return std::string(time.substr(0, 13));
    }

    Hour &hour_of(int32_t partition, std::string name) {
        auto [entry, is_new] = hours.try_emplace({partition, std::move(name)});
        if (is_new) {
            char suffix[32];
            snprintf(suffix, sizeof suffix, "-p%05d.jsonl.gz", partition);
            entry->second.file.reset(fopen((directory + "/" + entry->first.second + suffix).c_str(), "wb"));
            if (!entry->second.file) fail("fopen");
        }
        return entry->second;
    }

    void write(Hour &hour) {
        if (hour.size > 0) compressor.write_member(hour.lines.data(), hour.size, hour.file.get());
        hour.size = 0;
    }

    std::string directory, padded;
    Compressor compressor;
    simdjson::ondemand::parser parser;
    std::map<std::pair<int32_t, std::string>, Hour> hours;
};

/// Reads each partition from its start to the end that it has now.
class Backlog {
public:
    Backlog(const char *brokers, const char *topic) {
        char problem[512];
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        for (const auto &[name, value] : {std::pair{"bootstrap.servers", brokers}, {"group.id", "bench-limit"},
                                          {"enable.auto.commit", "false"}}) {
            if (rd_kafka_conf_set(conf, name, value, problem, sizeof problem) != RD_KAFKA_CONF_OK) fail(problem);
        }
        consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof problem);
        if (!consumer) fail(problem);
        rd_kafka_poll_set_consumer(consumer);
        assign(topic);
        queue = rd_kafka_queue_get_consumer(consumer);
    }

    ~Backlog() {
        rd_kafka_queue_destroy(queue);
        rd_kafka_consumer_close(consumer);
        rd_kafka_destroy(consumer);
    }

    void drain(HourlyFiles &files) {
        std::vector<rd_kafka_message_t *> batch(batch_size);
        std::set<int32_t> unread;
        for (const auto &end : ends) unread.insert(end.first);
        while (!unread.empty()) {
            const ssize_t count = rd_kafka_consume_batch_queue(queue, batch_wait_ms, batch.data(), batch.size());
            if (count < 0) fail("rd_kafka_consume_batch_queue");
            for (ssize_t i = 0; i < count; i++) {
                rd_kafka_message_t *message = batch[i];
                if (message->err) fail(rd_kafka_message_errstr(message));
                const int64_t end = ends.at(message->partition);
                if (message->offset < end) files.add(message);
                if (message->offset + 1 >= end) unread.erase(message->partition);
                rd_kafka_message_destroy(message);
            }
        }
    }

private:
    void assign(const char *topic) {
        rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer, topic, nullptr);
        const rd_kafka_metadata_t *metadata = nullptr;
        const auto problem = rd_kafka_metadata(consumer, 0, handle, &metadata, timeout_ms);
        if (problem) fail(rd_kafka_err2str(problem));
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
        for (int i = 0; i < metadata->topics[0].partition_cnt; i++) {
            const int32_t partition = metadata->topics[0].partitions[i].id;
            int64_t low = 0, high = 0;
            const auto error = rd_kafka_query_watermark_offsets(consumer, topic, partition, &low, &high, timeout_ms);
            if (error) fail(rd_kafka_err2str(error));
            if (high <= low) continue;
            ends[partition] = high;
            rd_kafka_topic_partition_list_add(list, topic, partition)->offset = low;
        }
        if (const auto error = rd_kafka_assign(consumer, list)) fail(rd_kafka_err2str(error));
        rd_kafka_topic_partition_list_destroy(list);
        rd_kafka_metadata_destroy(metadata);
        rd_kafka_topic_destroy(handle);
    }

    rd_kafka_t *consumer = nullptr;
    rd_kafka_queue_t *queue = nullptr;
    std::map<int32_t, int64_t> ends;
};

}  // namespace

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "limit BROKERS TOPIC DIRECTORY LEVEL\n");
        return 64;
    }
    try {
        HourlyFiles files(arguments[3], atoi(arguments[4]));
        Backlog(arguments[1], arguments[2]).drain(files);
        files.finish();
    } catch (const std::exception &error) {
        fprintf(stderr, "limit: %s\n", error.what());
        return 1;
    }
}

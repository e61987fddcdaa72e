"""What stands between the loader and a store: HTTP answers at will, and a network that fails."""

import http.client
import http.server
import email.utils
import json
import random
import select
import socket
import struct
import threading
import time
import urllib.parse


class StoreFront:
    """An HTTP server that hands requests on to a store, unless a test wants something else.

    `refuse` is called with method, path and body; it returns None, or a status and a body to answer
    with. It may block."""

    def __init__(self, port):
        self.refuse = lambda method, path, body: None
        self.clock_ahead = 0  # seconds
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer leaves in one piece

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                refused = front.refuse(self.command, self.path, body)
                if refused:
                    status, content, headers = refused[0], refused[1].encode(), []
                else:
                    status, content, headers = front.forward(port, self.command, self.path, body, self.headers)
                self.send_response_only(status)
                self.send_header("Date", email.utils.formatdate(time.time() + front.clock_ahead, usegmt=True))
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # the loader was killed
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def forward(port, method, path, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "expect")}
            connection.request(method, path, body or None, kept)
            answer = connection.getresponse()
            content = answer.read()
            dropped = ("date", "content-length", "transfer-encoding", "connection")
            return answer.status, content, [pair for pair in answer.getheaders() if pair[0].lower() not in dropped]
        finally:
            connection.close()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class ExactRemovals(StoreFront):
    """Removes the generation that is meant, as Cloud Storage does; fake-gcs-server removes whichever is there."""

    def __init__(self, port):
        self.writing = threading.Lock()
        super().__init__(port)

    def forward(self, port, method, path, body, headers):
        if method == "GET":
            return StoreFront.forward(port, method, path, body, headers)
        with self.writing:
            if method == "DELETE" and not self.is_meant(port, urllib.parse.urlsplit(path)):
                return 412, b'{"error":{"code":412,"message":"conditionNotMet"}}', [("Content-Type", "application/json")]
            return StoreFront.forward(port, method, path, body, headers)

    @staticmethod
    def is_meant(port, url):
        wanted = urllib.parse.parse_qs(url.query).get("ifGenerationMatch")
        status, content, _ = StoreFront.forward(port, "GET", url.path, None, {})
        return not wanted or status != 200 or json.loads(content)["generation"] == wanted[0]


class BadNetwork:
    """A TCP proxy that delays what it carries and resets connections in the middle, by seed; it heals in the end."""

    def __init__(self, port, seed, resets=30):
        self.port, self.resets = port, resets
        self.chance = random.Random(seed)
        self.reset_count = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                store = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client, store), daemon=True).start()

    def carry(self, client, store):
        """One thread for both directions: a socket that another thread reads would not be closed by `close`."""
        others = {client: store, store: client}
        with client, store:
            try:
                while True:
                    for source in select.select([client, store], [], [])[0]:
                        data = source.recv(16_384)
                        if not data:
                            return
                        time.sleep(self.chance.uniform(0, 0.01))  # the delay is the fault, nothing waits for it
                        if self.reset_count < self.resets and self.chance.random() < 0.1:
                            return self.cut(others, others[source], data)
                        others[source].sendall(data)
            except OSError:
                pass

    def cut(self, ends, target, data):
        """Half of it arrives, then both ends see the end of the connection, or a reset."""
        self.reset_count += 1
        target.sendall(data[: len(data) // 2])
        if self.chance.random() < 0.5:
            for end in ends:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self):
        self.listener.close()

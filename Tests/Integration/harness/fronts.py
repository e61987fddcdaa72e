"""What stands between the loader and a store: HTTP answers at will, and a network that fails."""

import datetime
import email.utils
import http.client
import http.server
import ipaddress
import json
import random
import select
import socket
import ssl
import struct
import threading
import time
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


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


class ExactPreconditions(StoreFront):
    """Heeds what Cloud Storage heeds and fake-gcs-server does not: which generation is removed, and what has to be there
    for a resumable upload to become an object."""

    def __init__(self, port):
        self.writing = threading.Lock()
        self.sessions = {}  # the generation that each wants, as text
        super().__init__(port)

    def forward(self, port, method, path, body, headers):
        if method == "GET":
            return StoreFront.forward(port, method, path, body, headers)
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query))
        with self.writing:
            if not self.is_met(port, method, url, query, headers):
                content = b'{"error":{"code":412,"message":"conditionNotMet"}}'
                return 412, content, [("Content-Type", "application/json")]
            answer = StoreFront.forward(port, method, path, body, headers)
            if method == "POST" and query.get("uploadType") == "resumable":
                session = urllib.parse.parse_qs(urllib.parse.urlsplit(dict(answer[2])["Location"]).query)
                self.sessions[session["upload_id"][0]] = query.get("ifGenerationMatch")
            return answer

    def is_met(self, port, method, url, query, headers):
        if method == "DELETE":
            wanted, place, of_nothing = query.get("ifGenerationMatch"), url.path, None
        elif method == "PUT" and not headers.get("Content-Range", "/*").endswith("/*"):  # the last piece
            place = f"{url.path.removeprefix('/upload')}/{urllib.parse.quote(query['name'], safe='')}"
            wanted, of_nothing = self.sessions.get(query["upload_id"]), "0"
        else:
            return True
        status, content, _ = StoreFront.forward(port, "GET", place, None, {})
        found = json.loads(content)["generation"] if status == 200 else of_nothing
        return None in (wanted, found) or wanted == found


class Killing(ExactPreconditions):
    """Calls `kill` at one of the requests that change something, the first being 1, or of those to a path that ends so:
    before it is carried out, or once that is done and before it is answered."""

    def __init__(self, port):
        self.at = 0
        super().__init__(port)

    def arm(self, kill, at, *, is_done_first, path=""):
        self.kill, self.is_done_first, self.path, self.at, self.seen = kill, is_done_first, path, at, 0

    def disarm(self):
        self.at = 0

    def forward(self, port, method, path, body, headers):
        if self.at and method != "GET" and path.endswith(self.path):
            self.seen += 1
            if self.seen == self.at:
                if self.is_done_first:
                    super().forward(port, method, path, body, headers)
                self.kill()
                raise ConnectionAbortedError
        return super().forward(port, method, path, body, headers)


class UnknownAuthority(StoreFront):
    """Speaks TLS, with a certificate that nobody vouches for but itself."""

    def __init__(self, port, folder):
        super().__init__(port)
        self.certificate = folder / "certificate.pem"
        key = folder / "key.pem"
        write_certificate(self.certificate, key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.address = self.address.replace("http:", "https:")


def write_certificate(certificate, key):
    """For 127.0.0.1, signed by its own key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))


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

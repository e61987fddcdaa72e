"""A broker that wants Google's tokens."""

import asyncio
import base64
import json
import ssl
import struct
import threading
import time

from harness.brokers import SESSION_OPTIONS

METADATA, FIND_COORDINATOR, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 3, 10, 17, 18, 36
UNSUPPORTED_MECHANISM, UNSUPPORTED_VERSION, AUTHENTICATION_FAILED = 33, 35, 58
SECRET = "ya29.devcloud"


class TokenBroker:
    """What Google's Managed Kafka is to its clients: before a broker of one process it lets in who shows a whole and fresh
    token (SASL OAUTHBEARER, KIP-43, KIP-152), and closes a connection that outlives its token (KIP-368).

    `refuse` is called with the claims of a good token, and returns None or why it is refused all the same. `logins` has
    the claims of all tokens that were taken."""

    kafka_options = SESSION_OPTIONS

    def __init__(self, behind, *, certificate=None, key=None):
        self.refuse = lambda claims: None
        self.logins = []
        self.behind = behind.addresses
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=context))
        self.port = self.server.sockets[0].getsockname()[1]
        self.addresses = f"127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    async def serve(self, reader, writer):
        host, port = self.behind.split(":")
        behind_reader, behind_writer = await asyncio.open_connection(host, int(port))
        try:
            await Connection(self, reader, writer, behind_reader, behind_writer).serve()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            behind_writer.close()
            writer.close()

    def check(self, message):
        """The expiry of the token in a client's first message (RFC 7628), or why it is refused."""
        assert message.startswith(b"n,,\x01auth=Bearer ") and message.endswith(b"\x01\x01"), message
        parts = message.removeprefix(b"n,,\x01auth=Bearer ").removesuffix(b"\x01\x01").split(b".")
        assert len(parts) == 3 and not any(b"=" in part for part in parts), message
        header, claims, secret = (base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)) for part in parts)
        assert json.loads(header) == {"typ": "JWT", "alg": "GOOG_OAUTH2_TOKEN"}
        claims = json.loads(claims)
        assert set(claims) == {"exp", "iat", "iss", "scope", "sub"} and claims["iat"] <= time.time(), claims
        assert (claims["iss"], claims["scope"], secret) == ("Google", "kafka", SECRET.encode())
        if claims["exp"] <= time.time():
            return None, "the token has expired"
        refused = self.refuse(claims)
        if refused is None:
            self.logins.append(claims)
        return claims["exp"], refused


class Connection:
    """One request after another: a client may tell answers apart only by their numbers, but needs no more."""

    def __init__(self, broker, reader, writer, behind_reader, behind_writer):
        self.broker, self.reader, self.writer = broker, reader, writer
        self.behind_reader, self.behind_writer = behind_reader, behind_writer
        self.expires = None  # of who is not logged in

    async def serve(self):
        while True:
            request = await read_frame(self.reader)
            api, version, number = struct.unpack(">hhi", request[:8])
            after_client = 10 + max(struct.unpack(">h", request[8:10])[0], 0)
            if api == API_VERSIONS:
                answer = await self.api_versions(request, version)
            elif api == SASL_HANDSHAKE:
                right = request[after_client:] == string("OAUTHBEARER")
                code = 0 if right else UNSUPPORTED_MECHANISM
                answer = struct.pack(">hi", code, 1) + string("OAUTHBEARER")
            elif api == SASL_AUTHENTICATE:
                answer = self.authenticate(request[after_client + 4:], version)
            elif self.expires is None or self.expires <= time.time():
                return
            else:
                answer = await self.ask(request, api)
            self.writer.write(frame(struct.pack(">i", number) + answer))
            await self.writer.drain()

    async def ask(self, request, api):
        self.behind_writer.write(frame(request))
        answer = (await read_frame(self.behind_reader))[4:]
        if api in (METADATA, FIND_COORDINATOR):
            host, port = self.broker.behind.split(":")
            own = host.encode() + struct.pack(">i", self.broker.port)
            answer = answer.replace(host.encode() + struct.pack(">i", int(port)), own)
        return answer

    async def api_versions(self, request, version):
        if version > 0:  # then the client asks in the oldest way
            return struct.pack(">hi", UNSUPPORTED_VERSION, 0)
        answer = await self.ask(request, API_VERSIONS)
        code, count = struct.unpack(">hi", answer[:6])
        own = struct.pack(">hhhhhh", SASL_HANDSHAKE, 0, 1, SASL_AUTHENTICATE, 0, 1)
        return struct.pack(">hi", code, count + 2) + answer[6:] + own

    def authenticate(self, message, version):
        if message == b"\x01":  # the client has read why it is refused
            code, reason, challenge = AUTHENTICATION_FAILED, string("the token is refused"), b""
        else:
            expires, refused = self.broker.check(message)
            self.expires = None if refused else expires
            code, reason = 0, struct.pack(">h", -1)
            challenge = json.dumps({"status": "invalid_token", "reason": refused}).encode() if refused else b""
        lifetime = max(self.expires - time.time(), 0) if self.expires else 0
        answer = struct.pack(">h", code) + reason + struct.pack(">i", len(challenge)) + challenge
        return answer + (struct.pack(">q", int(lifetime * 1000)) if version > 0 else b"")


async def read_frame(reader):
    (length,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(length)


def frame(content):
    return struct.pack(">i", len(content)) + content


def string(text):
    return struct.pack(">h", len(text)) + text.encode()

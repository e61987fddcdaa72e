"""The stand-ins for Anthropic, Braintrust and Vertex AI: `devcloud api`."""

import json
import os
import subprocess
import urllib.parse
import urllib.request

from harness.processes import Server, executable

KEY = "devcloud"


class Services:
    def __init__(self, *options, **environment):
        self.server = Server(
            [executable("DEVCLOUD"), "api", *options], stdout=subprocess.PIPE, env=os.environ | environment
        )
        urls = json.loads(self.server.process.stdout.readline())
        self.anthropic, self.braintrust, self.control_url = urls["anthropic"], urls["braintrust"], urls["control"]
        self.vertex, self.metadata = urls["vertex"], urls["metadata"]
        self.port = urllib.parse.urlsplit(self.vertex).port

    def control(self, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self.control_url + path, body, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def script(self, *steps):
        """Faults for the next calls; see ScriptStep."""
        self.control("POST", "/script", list(steps))

    def calls(self):
        return self.control("GET", "/calls")

    def called(self, route):
        """How often."""
        return self.calls()["routes"].get(route, {"calls": 0})["calls"]

    def forget(self):
        """No faults any more, and counts from nothing."""
        self.control("DELETE", "/script")
        self.control("DELETE", "/calls")

    def close(self):
        self.server.kill()

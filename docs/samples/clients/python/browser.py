"""Sends a person's browser to an address, and waits until it comes back to this program (RFC 8252 section 7.3)."""

import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ISSUER = os.environ.get("IDENTITY_URL", "https://localhost:8082")
CA = os.environ.get("CA_FILE", ".passthru/tls/ca.pem")

_back = queue.SimpleQueue()


class _Back(BaseHTTPRequestHandler):
    def do_GET(self):
        if urlsplit(self.path).path not in ("/callback", "/logged-out"):  # browsers ask for an icon, too
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"Go back to the program.")
        _back.put(ORIGIN + self.path)

    def log_message(self, *_):  # the address holds the code: it belongs in no log
        pass


_server = ThreadingHTTPServer(("127.0.0.1", 0), _Back)
threading.Thread(target=_server.serve_forever, daemon=True).start()

ORIGIN = f"http://127.0.0.1:{_server.server_port}"
REDIRECT_URI = f"{ORIGIN}/callback"
LOGGED_OUT_URI = f"{ORIGIN}/logged-out"


def browse(address):
    """Prints the address, which a desktop application would open by itself; returns the URL at which the browser came back."""
    print(f"Open this address in a browser:\n{address}", flush=True)
    return _back.get()


def trusting(session):
    """The authority of the stack and no other; no proxy and no .netrc of the machine."""
    session.verify = CA
    session.trust_env = False
    return session

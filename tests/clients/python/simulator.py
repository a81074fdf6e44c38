"""A simulated Azure for a story to happen in."""

import json
import os
import subprocess
import tempfile
import tomllib
import urllib.request
from pathlib import Path

ESTATE = Path(__file__).parent.parent / "estate.toml"


class Simulator:
    """`gallerist simulate`, from its start until `stop`."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        command = [os.environ["GALLERIST"], "simulate", "--tls", self.folder.name, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{command} ended with {self.process.wait()}")
        self.ready = json.loads(line)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()

    def control(self, method, what, body=None):
        """What tests may look at and change from outside of Azure."""
        data = None if body is None else json.dumps(body).encode()
        address = f"{self.ready['resource_manager']}/_simulator/{what}"
        request = urllib.request.Request(address, data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def requests(self):
        """What Azure was asked so far."""
        return self.control("GET", "requests")

    def advance(self, seconds):
        self.control("POST", "clock", {"advance_s": seconds})


class Tenant:
    """A tenant of the estate file, its subscriptions by name."""

    def __init__(self, table):
        self.id = table["id"]
        self.principal = table.get("application")
        self.subscriptions = {one["name"]: one["id"] for one in table["subscription"]}


_tables = tomllib.loads(ESTATE.read_text())["tenant"]
CONTOSO, ADATUM, FABRIKAM, LITWARE = (Tenant(table) for table in _tables)
GALLERIES = CONTOSO.subscriptions["Contoso Galleries"]
BUILDS = CONTOSO.subscriptions["Contoso Builds"]
VAULT = CONTOSO.subscriptions["Contoso Vault"]
PRODUCTION = ADATUM.subscriptions["Adatum Production"]
WORKS = FABRIKAM.subscriptions["Fabrikam Works"]
OFFICES = LITWARE.subscriptions["Litware Offices"]

"""Compares walks of a large estate: rounds in which each way has its turn, then the medians.

walks.py TARGET ROUNDS
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from simulator import Simulator

ESTATE = "generated:tenants=200,galleries=50,images=40,versions=20"
HERE = Path(__file__).parent


def ways(target, ready, state):
    """What is compared, with the command of each."""
    python = [f"{target}/python/bin/python", HERE / "walk.py", ready]
    node = ["node", f"{target}/javascript/walk.js", ready]
    gallerist = [os.environ["GALLERIST"], "--state-dir", state]
    return {
        "Python, one by one": [*python, "one-by-one"],
        "Python, 32 threads": [*python, "threads"],
        "Python, asyncio, 32 at once": [*python, "asyncio"],
        "JavaScript, one by one": [*node, "one-by-one"],
        "JavaScript, 32 at once": [*node, "together"],
        "Gallerist, get versions": [*gallerist, "get", "versions", "-o", "json"],
    }


def by_tls(ready, folder):
    """The simulator's configuration with its https addresses, and what makes them trusted."""
    config = Path(ready["config"]).read_text()
    secure = Path(folder) / "config.toml"
    secure.write_text(config.replace(ready["resource_manager"], ready["resource_manager_tls"]))
    return {"GALLERIST_CONFIG": secure, "SSL_CERT_FILE": ready["ca"], "SSL_CERT_DIR": ""}


def walk(command, environment):
    """How many versions a command finds, and how long that takes: of a script as it says itself,
    without its start, of Gallerist from the start of the process to its end.
    """
    begun = time.perf_counter()
    environment = {**os.environ, **environment}
    ended = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
    seconds = time.perf_counter() - begun
    found = json.loads(ended.stdout)
    if isinstance(found, list):
        return len(found), seconds
    return found["versions"], found["seconds"]


def main(target, rounds):
    simulator = Simulator("--estate", ESTATE, "--limits", "off")
    folder = tempfile.TemporaryDirectory()
    try:
        ready = Path(folder.name) / "ready.json"
        ready.write_text(json.dumps(simulator.ready))
        environment = by_tls(simulator.ready, folder.name)
        compared = ways(target, ready, f"{folder.name}/state")
        measured = {way: [] for way in compared}
        requests, versions = {}, {}
        for round_ in range(int(rounds)):
            for way, command in compared.items():
                before = len(simulator.requests()) if round_ == 0 else 0
                versions[way], seconds = walk(command, environment)
                measured[way].append(seconds)
                if round_ == 0:
                    requests[way] = len(simulator.requests()) - before
        print(f"{ESTATE}, limits off, {rounds} rounds; seconds")
        print(f"{'':28} {'median':>7} {'least':>7} {'most':>7} {'requests':>9} {'versions':>9}")
        for way, seconds in measured.items():
            middle, least, most = statistics.median(seconds), min(seconds), max(seconds)
            counts = f"{requests[way]:9} {versions[way]:9}"
            print(f"{way:28} {middle:7.2f} {least:7.2f} {most:7.2f} {counts}")
    finally:
        simulator.stop()
        folder.cleanup()


main(*sys.argv[1:])

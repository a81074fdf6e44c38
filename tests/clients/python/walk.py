"""Walks an estate with Microsoft's packages for Python: every subscription, gallery, definition and
version of all tenants that the application signs in to.

    walk.py READY.json one-by-one|threads|asyncio

Prints what it found, and the seconds from the first token to the last version.
"""

import asyncio
import json
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import azure.identity.aio
import azure.mgmt.compute.aio
import azure.mgmt.resource.subscriptions.aio
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient

AT_ONCE = 32


class Walk:
    """One walk, with the packages' ordinary clients or with those for asyncio."""

    def __init__(self, ready, asynchronous):
        self.ready = ready
        config = tomllib.loads(Path(ready["config"]).read_text())
        (identity,) = config["identity"]
        self.tenants = [identity["tenant"], *identity["also"]]
        self.found = {"subscriptions": 0, "galleries": 0, "images": 0, "versions": 0}
        if asynchronous:
            self.credential = azure.identity.aio.ClientSecretCredential
            self.subscriptions = azure.mgmt.resource.subscriptions.aio.SubscriptionClient
            self.compute = azure.mgmt.compute.aio.ComputeManagementClient
        else:
            self.credential = ClientSecretCredential
            self.subscriptions = SubscriptionClient
            self.compute = ComputeManagementClient

    def sign_in(self, tenant):
        return self.credential(
            tenant,
            self.ready["client_id"],
            self.ready["client_secret"],
            authority=self.ready["authority_tls"],
            disable_instance_discovery=True,
            connection_verify=self.ready["ca"],
        )

    def client(self, kind, credential, *subscription):
        return kind(
            credential,
            *subscription,
            base_url=self.ready["resource_manager_tls"],
            credential_scopes=[f"{self.ready['audience']}/.default"],
            connection_verify=self.ready["ca"],
        )


def group_of(resource):
    return resource.id.split("/")[4]


def one_by_one(walk):
    """As a script does it first."""
    for clients in subscriptions(walk, map):
        for gallery in galleries(walk, clients):
            for image in images(walk, clients, gallery):
                versions(walk, clients, gallery, image)


def threads(walk):
    """As a script does it that has to be faster."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        clients = subscriptions(walk, pool.map)
        found = pool.map(lambda one: [(one, g) for g in galleries(walk, one)], clients)
        found = [pair for some in found for pair in some]
        some = pool.map(lambda pair: [(*pair, i) for i in images(walk, *pair)], found)
        found = [triple for triples in some for triple in triples]
        for _ in pool.map(lambda triple: versions(walk, *triple), found):
            pass


def subscriptions(walk, over):
    """A Compute client for each subscription, each once."""

    def of_tenant(tenant):
        credential = walk.sign_in(tenant)
        client = walk.client(walk.subscriptions, credential)
        return [(one.subscription_id, credential) for one in client.subscriptions.list()]

    known = {}
    for listed in over(of_tenant, walk.tenants):
        for subscription, credential in listed:
            known.setdefault(subscription, credential)
    walk.found["subscriptions"] = len(known)
    return [walk.client(walk.compute, credential, one) for one, credential in known.items()]


def galleries(walk, clients):
    listed = list(clients.galleries.list())
    walk.found["galleries"] += len(listed)
    return listed


def images(walk, clients, gallery):
    listed = list(clients.gallery_images.list_by_gallery(group_of(gallery), gallery.name))
    walk.found["images"] += len(listed)
    return listed


def versions(walk, clients, gallery, image):
    list_ = clients.gallery_image_versions.list_by_gallery_image
    listed = list(list_(group_of(gallery), gallery.name, image.name))
    walk.found["versions"] += len(listed)


async def asynchronously(walk):
    """As a service does it."""
    turn = asyncio.Semaphore(AT_ONCE)
    credentials = []
    clients = []

    async def all_of(what, list_):
        async with turn:
            listed = [one async for one in list_]
        walk.found[what] += len(listed)
        return listed

    async def of_tenant(tenant):
        credential = walk.sign_in(tenant)
        credentials.append(credential)
        async with walk.client(walk.subscriptions, credential) as client, turn:
            return [(one.subscription_id, credential) async for one in client.subscriptions.list()]

    async def of_subscription(subscription, credential):
        compute = walk.client(walk.compute, credential, subscription)
        clients.append(compute)

        async def of_image(gallery, image):
            list_ = compute.gallery_image_versions.list_by_gallery_image
            await all_of("versions", list_(group_of(gallery), gallery.name, image.name))

        async def of_gallery(gallery):
            list_ = compute.gallery_images.list_by_gallery(group_of(gallery), gallery.name)
            listed = await all_of("images", list_)
            await asyncio.gather(*(of_image(gallery, image) for image in listed))

        listed = await all_of("galleries", compute.galleries.list())
        await asyncio.gather(*map(of_gallery, listed))

    known = {}
    for listed in await asyncio.gather(*map(of_tenant, walk.tenants)):
        for subscription, credential in listed:
            known.setdefault(subscription, credential)
    walk.found["subscriptions"] = len(known)
    await asyncio.gather(*(of_subscription(*pair) for pair in known.items()))
    for open_ in clients + credentials:
        await open_.close()


def main(ready, way):
    walk = Walk(json.loads(Path(ready).read_text()), way == "asyncio")
    begun = time.perf_counter()
    if way == "one-by-one":
        one_by_one(walk)
    elif way == "threads":
        threads(walk)
    else:
        asyncio.run(asynchronously(walk))
    seconds = time.perf_counter() - begun
    print(json.dumps({**walk.found, "seconds": round(seconds, 2)}))


main(*sys.argv[1:])

// Walks an estate with Microsoft's packages for JavaScript: every subscription, gallery, definition
// and version of all tenants that the application signs in to.
//
//     walk.js READY.json one-by-one|together
//
// Prints what it found, and the seconds from the first token to the last version.

import { readFileSync } from "node:fs";

import { ComputeManagementClient } from "@azure/arm-compute";
import { SubscriptionClient } from "@azure/arm-resources-subscriptions";
import { ClientSecretCredential } from "@azure/identity";

const AT_ONCE = 32;

const [file, way] = process.argv.slice(2);
const ready = JSON.parse(readFileSync(file));
const tls = { ca: readFileSync(ready.ca) };
const found = { subscriptions: 0, galleries: 0, images: 0, versions: 0 };

const options = {
  endpoint: ready.resource_manager_tls,
  tlsOptions: tls,
};
const scopes = [`${ready.audience}/.default`];

function signIn(tenant) {
  return new ClientSecretCredential(tenant, ready.client_id, ready.client_secret, {
    authorityHost: ready.authority_tls,
    disableInstanceDiscovery: true,
    tlsOptions: tls,
  });
}

/** The tenants of the configuration that the simulator wrote. */
function tenants() {
  const config = readFileSync(ready.config, "utf8");
  const also = config.match(/^also = \[([^\]]*)\]/m)[1];
  return [ready.tenant, ...[...also.matchAll(/"([^"]+)"/g)].map((match) => match[1])];
}

/** Does `work` for each item: as many at once as may be. */
async function each(items, work) {
  const waiting = items.values();
  const workers = Array.from({ length: way === "together" ? AT_ONCE : 1 }, async () => {
    for (const item of waiting) await work(item);
  });
  await Promise.all(workers);
}

async function all(list) {
  const items = [];
  for await (const item of list) items.push(item);
  return items;
}

const groupOf = (resource) => resource.id.split("/")[4];

const begun = performance.now();
const credentials = new Map();
await each(tenants(), async (tenant) => {
  const credential = signIn(tenant);
  const client = new SubscriptionClient(credential, { ...options, credentialScopes: scopes });
  for (const { subscriptionId } of await all(client.subscriptions.list())) {
    if (!credentials.has(subscriptionId)) credentials.set(subscriptionId, credential);
  }
});
found.subscriptions = credentials.size;

const galleries = [];
await each([...credentials], async ([subscription, credential]) => {
  const settings = { ...options, credentials: { scopes } };
  const client = new ComputeManagementClient(credential, subscription, settings);
  for (const gallery of await all(client.galleries.list())) galleries.push({ client, gallery });
});
found.galleries = galleries.length;

const images = [];
await each(galleries, async ({ client, gallery }) => {
  const list = client.galleryImages.listByGallery(groupOf(gallery), gallery.name);
  for (const image of await all(list)) images.push({ client, gallery, image });
});
found.images = images.length;

await each(images, async ({ client, gallery, image }) => {
  const versions = client.galleryImageVersions;
  const list = versions.listByGalleryImage(groupOf(gallery), gallery.name, image.name);
  const listed = await all(list);
  found.versions += listed.length;
});
found.seconds = Number(((performance.now() - begun) / 1000).toFixed(2));
console.log(JSON.stringify(found));

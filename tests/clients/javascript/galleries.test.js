// A gallery's whole life with Microsoft's package for JavaScript: made, filled, brought to more
// regions, shared, and taken away again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Simulator, all } from "./simulator.js";

const CONTOSO = "1f0e8f3c-9f0a-4c56-8e4b-0a6a2b7d1000";
const GALLERIES = "1f0e8f3c-9f0a-4c56-8e4b-0a6a2b7d1100";
const BUILDS = "1f0e8f3c-9f0a-4c56-8e4b-0a6a2b7d1200";
const FABRIKAM = "3c8d6e2f-4e63-4f70-8c91-6d2e3f403000";
const WORKS = "3c8d6e2f-4e63-4f70-8c91-6d2e3f403100";
const GROUP = "rg-images";
const MACHINE =
  `/subscriptions/${GALLERIES}/resourceGroups/rg-images/providers/Microsoft.Compute` +
  "/virtualMachines/build-win11";

let simulator;
let contoso;

before(async () => {
  simulator = await Simulator.start("--pace", "3600");
  contoso = simulator.compute(CONTOSO, GALLERIES);
});
after(() => simulator.stop());

/** That a request is refused like this. */
async function refused(request, statusCode, code, text) {
  await assert.rejects(request, (error) => {
    assert.equal(error.statusCode, statusCode, error.message);
    const inner = error.details?.error ?? error;
    assert.equal(inner.code, code);
    assert.match(inner.message, text);
    return true;
  });
}

/** A gallery that is to be shared directly, with a definition in it. */
async function define(gallery) {
  await contoso.galleries.createOrUpdate(GROUP, gallery, {
    location: "westeurope",
    sharingProfile: { permissions: "Groups" },
  });
  return contoso.galleryImages.createOrUpdate(GROUP, gallery, "win11", {
    location: "westeurope",
    osType: "Windows",
    osState: "Generalized",
    identifier: { publisher: "Contoso", offer: "windows", sku: gallery },
  });
}

/** A version of the build machine, in these regions. */
const captured = (...targetRegions) => ({
  location: "westeurope",
  publishingProfile: { targetRegions },
  storageProfile: { source: { virtualMachineId: MACHINE } },
});

/**
 * Changes whom a gallery is shared with. Azure ends that with an empty body
 * (extensions/community_gallery_operations.json of the recordings); this package, once the operation
 * has succeeded, fails to read it. What was shared is for the caller to look at.
 */
async function share(gallery, update) {
  const shared = contoso.gallerySharingProfile.update(GROUP, gallery, update);
  await assert.rejects(shared, TypeError);
}

const replicas = (version) =>
  Object.fromEntries(
    version.publishingProfile.targetRegions.map((region) => [
      region.name,
      region.regionalReplicaCount,
    ]),
  );

test("a version is captured, replicated, shared, and taken away", async () => {
  const versions = contoso.galleryImageVersions;
  const put = (version) =>
    versions.createOrUpdate(GROUP, "acg_life", "win11", "1.0.0", version);
  const definition = await define("acg_life");
  assert.equal(definition.hyperVGeneration, "V2");

  let version = await put(captured({ name: "westeurope" }, { name: "northeurope" }));
  assert.equal(version.provisioningState, "Succeeded");
  assert.deepEqual(replicas(version), { "West Europe": 1, "North Europe": 1 });
  assert(version.publishingProfile.publishedDate instanceof Date);

  // The list of regions is replaced whole; taking one out has to be allowed.
  const profile = version.publishingProfile;
  assert.equal(profile.targetRegions[0].name, "West Europe");
  profile.targetRegions = [{ ...profile.targetRegions[0], regionalReplicaCount: 4 }];
  await refused(put(version), 400, "BadRequest", /Deletion of previously replicated locations/);
  version.safetyProfile.allowDeletionOfReplicatedLocations = true;
  version = await put(version);
  assert.deepEqual(replicas(version), { "West Europe": 4 });

  version = await versions.get(GROUP, "acg_life", "win11", "1.0.0", {
    expand: "ReplicationStatus",
  });
  assert.equal(version.replicationStatus.aggregatedState, "Completed");

  // Its consumer finds it as soon as it is shared.
  const fabrikam = simulator.compute(FABRIKAM, WORKS);
  assert.deepEqual(await all(fabrikam.sharedGalleries.list("westeurope")), []);
  await share("acg_life", {
    operationType: "Add",
    groups: [{ type: "Subscriptions", ids: [WORKS] }],
  });
  const shared = await all(fabrikam.sharedGalleries.list("westeurope"));
  const unique = `${GALLERIES}-ACG_LIFE`;
  assert.deepEqual(shared.map((gallery) => gallery.name), [unique]);
  const listed = await all(
    fabrikam.sharedGalleryImageVersions.list("westeurope", unique, "win11"),
  );
  assert.deepEqual(listed.map((one) => one.name), ["1.0.0"]);

  // From the inside out.
  const nested = /Can not delete resource before nested resources are deleted/;
  const definitions = contoso.galleryImages;
  await refused(definitions.delete(GROUP, "acg_life", "win11"), 409, "CannotDeleteResource", nested);
  await versions.delete(GROUP, "acg_life", "win11", "1.0.0");
  await definitions.delete(GROUP, "acg_life", "win11");
  const galleries = contoso.galleries;
  const reset = /Please reset its sharing profile first/;
  await refused(galleries.delete(GROUP, "acg_life"), 409, "OperationNotAllowed", reset);
  await share("acg_life", { operationType: "Reset" });
  await galleries.delete(GROUP, "acg_life");
  await refused(galleries.get(GROUP, "acg_life"), 404, "ResourceNotFound", /acg_life/);
});

test("lists are followed to their end", async () => {
  const versions = contoso.galleryImageVersions.listByGalleryImage(GROUP, "acg_released", "win11");
  const names = (await all(versions)).map((version) => version.name);
  assert.deepEqual(names.sort(), ["1.0.0", "1.1.0", "1.10.0", "1.2.0"]);
});

test("what Azure does not take is refused with its code", async () => {
  const put = (...regions) =>
    contoso.galleryImageVersions.createOrUpdate(
      GROUP,
      "acg_released",
      "win11",
      "2.0.0",
      captured(...regions),
    );
  const home = { name: "westeurope" };
  const refusals = [
    [/Duplicate regions are not allowed/, home, { name: "West Europe" }],
    [/must contain the location of image version 'westeurope'/, { name: "uksouth" }],
    [/'101' exceeds the maximum of 100/, home, { name: "uksouth", regionalReplicaCount: 100 }],
  ];
  for (const [text, ...regions] of refusals) {
    await refused(put(...regions), 400, "InvalidParameter", text);
  }
  const name = contoso.galleries.createOrUpdate(GROUP, "acg-dashed", { location: "westeurope" });
  await refused(name, 400, "InvalidParameter", /Gallery name is invalid/);
  const builds = simulator.compute(CONTOSO, BUILDS).gallerySharingProfile;
  const share = { operationType: "Add", groups: [{ type: "AADTenants", ids: [FABRIKAM] }] };
  const role = /Microsoft.Compute\/galleries\/share\/action/;
  await refused(builds.update("rg-builds", "acg_builds", share), 403, "AuthorizationFailed", role);
  const elsewhere = simulator.compute(FABRIKAM, GALLERIES).galleries;
  const issuer = /from the wrong issuer/;
  const tenant = "InvalidAuthenticationTokenTenant";
  await refused(elsewhere.get(GROUP, "acg_released"), 401, tenant, issuer);
});

test("a 429 is waited out as long as Azure says", async () => {
  const path = "/galleries/acg_released\\?";
  const fault = { status: 429, headers: { "Retry-After": "1" } };
  await simulator.control("POST", "faults", [{ match: { method: "GET", path }, times: 2, fault }]);
  const gallery = await contoso.galleries.get(GROUP, "acg_released");
  assert.equal(gallery.name, "acg_released");
  assert.deepEqual(await simulator.control("GET", "faults"), []);
});

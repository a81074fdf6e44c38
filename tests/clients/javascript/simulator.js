// A simulated Azure for a story to happen in, and Microsoft's client pointed at it.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { ComputeManagementClient } from "@azure/arm-compute";
import { ClientSecretCredential } from "@azure/identity";

const ESTATE = fileURLToPath(new URL("../estate.toml", import.meta.url));

/** `gallerist simulate`, from its start until `stop`. */
export class Simulator {
  static async start(...options) {
    const simulator = new Simulator();
    simulator.folder = mkdtempSync(join(tmpdir(), "clients-"));
    const parameters = ["simulate", "--estate", ESTATE, "--tls", simulator.folder, ...options];
    simulator.process = spawn(process.env.GALLERIST, parameters, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface(simulator.process.stdout)) {
      simulator.ready = JSON.parse(line);
      simulator.tls = { ca: readFileSync(simulator.ready.ca) };
      return simulator;
    }
    throw new Error(`gallerist ${parameters.join(" ")} said nothing`);
  }

  stop() {
    this.process.kill();
    rmSync(this.folder, { recursive: true });
  }

  /** What tests may look at and change from outside of Azure. */
  async control(method, what, body) {
    const address = `${this.ready.resource_manager}/_simulator/${what}`;
    const answer = await fetch(address, { method, body: JSON.stringify(body) });
    return answer.json();
  }

  /** The application's credential in a tenant. */
  signIn(tenant) {
    const { client_id, client_secret, authority_tls } = this.ready;
    return new ClientSecretCredential(tenant, client_id, client_secret, {
      authorityHost: authority_tls,
      disableInstanceDiscovery: true,
      tlsOptions: this.tls,
    });
  }

  /** Microsoft's client, signed in to a tenant, for one of its subscriptions. */
  compute(tenant, subscription) {
    return new ComputeManagementClient(this.signIn(tenant), subscription, {
      endpoint: this.ready.resource_manager_tls,
      credentials: { scopes: [`${this.ready.audience}/.default`] },
      tlsOptions: this.tls,
    });
  }
}

/** All of a list, however many pages it has. */
export async function all(list) {
  const items = [];
  for await (const item of list) items.push(item);
  return items;
}

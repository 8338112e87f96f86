/** Prints the objects as JSON, without Pulumi's engine and without a cluster: for the tests. */

import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../settings";

const PROJECT = "mublog";

async function main(): Promise<void> {
  const objects: unknown[] = [];
  const { image, host, bucket, region } = readSettings(process.argv.slice(2));
  for (const [name, value] of Object.entries({ image, host, bucket, region })) {
    pulumi.runtime.setConfig(`${PROJECT}:${name}`, value);
  }
  // Stands for the engine: it is given each object, and returns it as if it had been created.
  const newResource = ({ name, inputs }: pulumi.runtime.MockResourceArgs) => {
    objects.push(inputs);
    return { id: name, state: inputs };
  };
  await pulumi.runtime.setMocks({ newResource, call: ({ inputs }) => inputs }, PROJECT);
  await import("./index.js");
  await pulumi.runtime.disconnect();
  console.log(JSON.stringify(objects));
}

void main();

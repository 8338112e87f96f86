/** What differs from one deployment to another: the arguments of the program. */

import { parseArgs } from "node:util";

export interface Settings {
  /** The image of all processes: a name, and a tag that is never given to another image. */
  image: string;
  /** The host name of the site. */
  host: string;
  /** The bucket of the images, and its region. */
  bucket: string;
  region: string;
  /** Whether the cluster is a laptop's: no HTTPS, no bucket, and services inside the cluster. */
  development: boolean;
}

/** The values that work for an example; a real deployment gives its own. */
const DEFAULTS = { host: "mublog.example", bucket: "mublog-media", region: "eu-central-1" };

/** Read arguments such as `--image mublog:4f2c1d9`; throw an Error that says what is wrong. */
export function readSettings(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      image: { type: "string", default: "" },
      host: { type: "string", default: DEFAULTS.host },
      bucket: { type: "string", default: DEFAULTS.bucket },
      region: { type: "string", default: DEFAULTS.region },
      development: { type: "boolean", default: false },
    },
  });
  tagOf(values.image);
  return values;
}

/** Return the tag. It becomes a part of names: small letters, digits and hyphens alone. */
export function tagOf(image: string): string {
  const tag = /^[^\s:]+(?::[0-9]+\/[^\s:]+)?:([a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?)$/.exec(image);
  if (!tag || tag[1] === "latest") {
    throw new Error(`--image ${image || "is missing"}: give a tag of its own, as in mublog:4f2c1d9`);
  }
  return tag[1];
}

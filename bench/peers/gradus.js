/** Runs the cases in Gradus, as the other scripts run them in its peers. */

import process from "node:process";
import { setKernels, setNumThreads } from "../../mod.ts";
import { CASES } from "../cases.ts";
import { run, threads } from "./measure.js";

const kernels = process.argv.find((argument) => argument.startsWith("--kernels="))?.slice(10);
setKernels(kernels ?? "wasm");
setNumThreads(threads);
await run(Object.fromEntries(CASES.map((test) => [test.name, () => test.prepare()])));

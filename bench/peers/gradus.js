/** Runs the cases in Gradus, as the other scripts run them in its peers. */

import { setNumThreads } from "../../mod.ts";
import { CASES } from "../cases.ts";
import { run, threads } from "./measure.js";

setNumThreads(threads);
await run(Object.fromEntries(CASES.map((test) => [test.name, () => test.prepare()])));

/** The cases in Gradus, as the peers are asked for them. */

import { setNumThreads } from "../../mod.ts";
import { CASES } from "../cases.ts";
import { run, threads } from "./measure.js";

setNumThreads(threads);
await run(Object.fromEntries(CASES.map((test) => [test.name, () => test.prepare()])));

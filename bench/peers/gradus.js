/** The cases in Gradus, as the peers are asked for them. */

import { CASES } from "../cases.ts";
import { useThreads } from "../threads.ts";
import { run, threads } from "./measure.js";

useThreads(threads);
await run(Object.fromEntries(CASES.map((test) => [test.name, () => test.prepare()])));

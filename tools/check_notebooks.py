"""Runs notebooks in Deno's kernel from the first cell to the last, in their own folders.

An error fails the check, and so do other outputs than those that the notebook holds. A notebook
without outputs is only run. `--write` puts the outputs into the files instead.

    /usr/bin/python3 tools/check_notebooks.py [--write] [NOTEBOOK ...]

Needs Debian's python3-nbclient. Without names, the notebooks in docs/ are run. The environment
variable DENO names another command for Deno. A cell with the tag "raises-exception" may fail, and
outputs of one with the tag "varies" are not compared.
"""

import difflib
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbclient.util import ensure_async

SECONDS_FOR_A_CELL = 300


def install_kernel(folder: Path) -> None:
    """Puts Deno's kernel into a folder that Jupyter looks into, for this process alone."""
    command = shlex.split(os.environ.get("DENO", "deno"))
    spec = {
        "argv": [*command, "jupyter", "--kernel", "--conn", "{connection_file}"],
        "display_name": "Deno",
        "language": "typescript",
        "env": {"NO_COLOR": "1"},
    }
    kernel = folder / "kernels" / "deno"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps(spec))
    os.environ["JUPYTER_PATH"] = str(folder)


class Client(NotebookClient):
    """Waits for outputs that come after the end of their cell.

    Deno's kernel sends outputs and the state "idle" by different threads. Outputs keep their order, so
    all of a cell are here when those of a second, hidden cell arrive.
    """

    END = "end of the cell"
    CODE = f"""
        console.log("{END}");
        Deno.jupyter.broadcast("display_data", {{ data: {{ "text/plain": "{END}" }}, metadata: {{}} }});
        undefined;
    """

    def __init__(self, notebook, **options):
        super().__init__(notebook, on_cell_executed=self.receive_late, **options)

    async def receive_late(self, cell, cell_index, execute_reply) -> None:
        hidden = self.kc.execute(self.CODE, store_history=False)
        ends = set()
        while ends != {"stream", "display_data"}:
            message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=SECONDS_FOR_A_CELL))
            kind, content = message["msg_type"], message["content"]
            if self.END in (content.get("text", "").strip(), content.get("data", {}).get("text/plain")):
                ends.add(kind)
            elif kind not in ("status", "execute_input"):
                self.process_message(message, cell, cell_index)
        await self.async_wait_for_reply(hidden)


def tidy(notebook) -> None:
    """Joins what one stream wrote, and drops what depends on the version of Deno."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        outputs = []
        for output in cell.outputs:
            last = outputs[-1] if outputs else None
            if last and output.output_type == "stream" and output.name == last.get("name"):
                last.text += output.text
            else:
                outputs.append(output)
        cell.outputs = outputs
    notebook.metadata.kernelspec = {"display_name": "Deno", "language": "typescript", "name": "deno"}
    notebook.metadata.language_info = {"file_extension": ".ts", "name": "typescript"}


def lines_of(cell) -> list[str]:
    """Returns the outputs of a cell as lines to compare; streams come first, since they go apart."""
    lines = []
    for output in sorted(cell.outputs, key=lambda output: output.output_type != "stream"):
        data = output.get("data") or {output.get("name", output.output_type): output.get("text", "")}
        for kind, text in sorted(data.items()):
            text = text if isinstance(text, str) else json.dumps(text, sort_keys=True)
            lines += [f"{kind}:", *(line.rstrip() for line in text.strip().split("\n"))]
    return lines


def cells_of(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def check(path: Path, write: bool) -> list[str]:
    """Runs a notebook, and returns what is wrong with it."""
    notebook = nbformat.read(path, as_version=4)
    before = [lines_of(cell) for cell in cells_of(notebook)]
    options = {"kernel_name": "deno", "timeout": SECONDS_FOR_A_CELL, "record_timing": False}
    resources = {"metadata": {"path": str(path.parent)}}
    try:
        Client(notebook, resources=resources, **options).execute()
    except CellExecutionError as error:
        return [f"{path}: {error}"]
    tidy(notebook)
    cells = cells_of(notebook)
    print(f"{path}: {len(cells)} cells ran")
    if write:
        path.write_text(nbformat.writes(notebook) + "\n")
        return []
    if not any(before):
        return []
    faults = []
    for number, (cell, old) in enumerate(zip(cells, before), 1):
        if "varies" in cell.metadata.get("tags", []):
            continue
        names = ("in the file", "now")
        difference = list(difflib.unified_diff(old, lines_of(cell), *names, lineterm="", n=1))
        if difference:
            shown = "\n".join(line[:200] for line in difference[:40])
            faults.append(f"{path}: cell {number} has other outputs:\n{cell.source}\n\n{shown}")
    return faults


def main() -> int:
    write = "--write" in sys.argv[1:]
    paths = [Path(name) for name in sys.argv[1:] if name != "--write"]
    paths = paths or sorted(Path("docs").rglob("*.ipynb"))
    with tempfile.TemporaryDirectory(prefix="gradus-kernel-") as folder:
        install_kernel(Path(folder))
        faults = [fault for path in paths for fault in check(path, write)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


sys.exit(main())

/**
 * Builds the book as static pages, in `site/`, with the page to draw digits on beside them.
 *
 * What the pages link from the rest of the repository becomes pages, too: documents, and sources with
 * their syntax in colours. Formulas become MathML, which browsers draw by themselves; Mermaid draws
 * its diagrams in the browser.
 *
 * Run with `deno task book:site`, and open `site/index.html`.
 *
 * @module
 */

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, extname, join, normalize, relative } from "node:path";
import mermaid from "@mermaid-js/tiny/dist/mermaid.tiny.js" with { type: "text" };
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import typescript from "highlight.js/lib/languages/typescript";
import katex from "katex";
import { Marked, type Tokens } from "marked";

const BOOK = "docs/book";
const SITE = "site";
const MERMAID = "assets/mermaid.js";

hljs.registerLanguage("ts", typescript);
hljs.registerLanguage("sh", bash);
hljs.registerLanguage("json", json);
hljs.registerLanguage("python", python);

/** A page of the book, by its place in the repository and its title. */
interface Chapter {
  readonly path: string;
  readonly title: string;
}

const chapters: readonly Chapter[] = ["README.md", ...pagesOf(BOOK)].map((name) => {
  const path = join(BOOK, name);
  return { path, title: /^# (.+)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? name };
});

/** Returns the names of the pages in reading order: those with numbers come first. */
function pagesOf(folder: string): string[] {
  return readdirSync(folder).filter((name) => /^[a-z\d].*\.md$/.test(name)).sort();
}

/** Files that the site needs, in the order in which pages link them. */
const queue = new Set<string>(chapters.map(({ path }) => path));

/** Returns the place of a file in the site. */
function placeOf(path: string): string {
  if (path === join(BOOK, "README.md")) return join(BOOK, "index.html");
  if (path.endsWith(".md")) return path.replace(/\.md$/, ".html");
  return isSource(path) ? `${path}.html` : path;
}

function isSource(path: string): boolean {
  return [".ts", ".json", ".py", ".css", ".html"].includes(extname(path));
}

/** Returns where `href` in the file `from` leads in the site, and asks for the file there. */
function resolve(href: string, from: string): string | null {
  if (/^(\w+:|#)/.test(href)) return href;
  const [path, anchor] = href.split("#");
  const target = normalize(join(dirname(from), decodeURI(path)));
  if (/^web\/?$/.test(target)) return relative(dirname(placeOf(from)), "web/index.html");
  if (!existsSync(target) || !statSync(target).isFile()) return null;
  queue.add(target);
  const place = relative(dirname(placeOf(from)), placeOf(target));
  return anchor === undefined ? place : `${place}#${anchor}`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function colour(text: string, language: string): string {
  return hljs.getLanguage(language) === undefined
    ? escape(text)
    : hljs.highlight(text, { language }).value;
}

/** Returns the formula in MathML. */
function math(formula: string, displayMode: boolean): string {
  return katex.renderToString(formula, { displayMode, output: "mathml" });
}

/** The rules by which GitHub finds formulas: `$…$`, `$`…`$`, and `$$…$$`. */
const FORMULA = /^\$\$([^$]+)\$\$|^\$`([^`]+)`\$|^\$(?!\s)([^$\n]+?)(?<!\s)\$(?!\d)/;

/** Returns the HTML of a document in Markdown. */
function render(markdown: string, path: string): string {
  const marked = new Marked({
    extensions: [{
      name: "math",
      level: "inline",
      start: (text: string) => text.indexOf("$"),
      tokenizer(text: string): Tokens.Generic | undefined {
        const [raw, block, code, inline] = FORMULA.exec(text) ?? [];
        if (raw === undefined) return undefined;
        return { type: "math", raw, html: math(block ?? code ?? inline, block !== undefined) };
      },
      renderer: ({ html }: Tokens.Generic) => html,
    }],
    renderer: {
      heading({ tokens, depth, text }): string {
        const id = text.toLowerCase().replaceAll(/[^\p{L}\d\s_-]/gu, "").replaceAll(" ", "-");
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      code({ text, lang = "" }): string {
        const [language] = lang.split(/\s/);
        if (language === "math") return math(text, true);
        if (language === "mermaid") return `<pre class="mermaid">${escape(text)}</pre>\n`;
        const file = /\bfile=(\S+)/.exec(lang)?.[1];
        const caption = file === undefined ? "" : `<div class="file">code/${file}</div>`;
        const kind = language === "text" ? "output" : "code";
        return `${caption}<pre class="${kind}"><code>${colour(text, language)}</code></pre>\n`;
      },
      link({ href, tokens }): string {
        const inside = this.parser.parseInline(tokens);
        const target = resolve(href, path);
        return target === null ? inside : `<a href="${escape(target)}">${inside}</a>`;
      },
      image({ href, text }): string {
        const target = resolve(href, path);
        if (target === null) throw new Error(`Cannot find ${href}, which ${path} shows`);
        return `<img src="${escape(target)}" alt="${escape(text)}">`;
      },
      table({ header, rows }): string {
        const row = (cells: Tokens.TableCell[], tag: string): string =>
          `<tr>${
            cells.map(({ tokens, align }) =>
              `<${tag}${align ? ` style="text-align:${align}"` : ""}>${
                this.parser.parseInline(tokens)
              }</${tag}>`
            ).join("")
          }</tr>`;
        const body = rows.map((cells) => row(cells, "td")).join("\n");
        return `<div class="table"><table>${row(header, "th")}\n${body}</table></div>\n`;
      },
    },
  });
  return marked.parse(markdown, { async: false });
}

/** Returns the whole page around `content`. */
function pageOf(path: string, title: string, content: string): string {
  const place = placeOf(path);
  const to = (target: string): string => relative(dirname(place), target);
  const link = ({ path, title }: Chapter, before = "", after = ""): string =>
    `<a href="${to(placeOf(path))}">${before}${escape(title)}${after}</a>`;
  const index = chapters.findIndex((chapter) => chapter.path === path);
  const items = chapters.map((chapter, i) =>
    `<li${i === index ? ' aria-current="page"' : ""}>${link(chapter)}</li>`
  );
  const [last, next] = index < 0 ? [] : [chapters[index - 1], chapters[index + 1]];
  const hasMermaid = content.includes('<pre class="mermaid">');
  if (hasMermaid) queue.add(MERMAID);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} · Gradus</title>
<link rel="stylesheet" href="${to("assets/style.css")}">
${hasMermaid ? `<script defer src="${to(MERMAID)}"></script>` : ""}
</head>
<body>
<nav>
<details open>
<summary>Chapters</summary>
<ol>
${items.join("\n")}
<li class="draw"><a href="${to("web/index.html")}">A page to draw digits on</a></li>
</ol>
</details>
</nav>
<main>
${content}
<footer>${last ? link(last, "← ") : "<span></span>"}${next ? link(next, "", " →") : ""}</footer>
</main>
<script>
const chapters = document.querySelector("nav details");
const isWide = matchMedia("(min-width: 60rem)");
const fold = () => chapters.open = isWide.matches;
isWide.addEventListener("change", fold);
fold();
</script>
</body>
</html>
`;
}

/** Starts Mermaid in the colours of the page. */
const START_MERMAID = `
const theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "default";
mermaid.initialize({ startOnLoad: true, theme, flowchart: { htmlLabels: true } });
`;

function write(path: string): void {
  const place = join(SITE, placeOf(path));
  mkdirSync(dirname(place), { recursive: true });
  if (path === MERMAID) {
    writeFileSync(place, mermaid + START_MERMAID);
  } else if (path.endsWith(".md")) {
    const markdown = readFileSync(path, "utf8");
    const title = /^# (.+)$/m.exec(markdown)?.[1] ?? path;
    writeFileSync(place, pageOf(path, title, render(markdown, path)));
  } else if (isSource(path)) {
    const language = { ".json": "json", ".py": "python" }[extname(path)] ?? "ts";
    const code = colour(readFileSync(path, "utf8"), language);
    const content = `<h1>${basename(path)}</h1><p>${path}</p><pre class="code">${code}</pre>`;
    writeFileSync(place, pageOf(path, path, content));
  } else {
    cpSync(path, place);
  }
}

mkdirSync(SITE, { recursive: true });
for (const name of readdirSync(SITE)) rmSync(join(SITE, name), { recursive: true });
mkdirSync(join(SITE, "assets"), { recursive: true });
cpSync("tools/book/style.css", join(SITE, "assets/style.css"));
cpSync("web/dist", join(SITE, "web"), { recursive: true });
// The set grows while pages are written.
for (const path of queue) write(path);
const start = relative(".", placeOf(chapters[0].path));
writeFileSync(
  join(SITE, "index.html"),
  `<!doctype html><meta http-equiv="refresh" content="0; url=${start}"><a href="${start}">Gradus</a>\n`,
);
console.log(`${SITE}/index.html: ${chapters.length} pages of the book, ${queue.size} files`);

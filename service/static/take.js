// Taking it along: a table for spreadsheets, files, the command.
import { make } from "./dom.js";

const HEADS = ["number", "sentence", "label", "confidence", "uncertain", "held by"];

/** The sentences as rows, after the heads. */
export function rows(text, answer) {
  const names = new Map(answer.actors.map((actor) => [actor.id, actor.name]));
  const row = (one, index) => [index + 1, text.slice(one.start, one.end), one.label, one.confidence, one.uncertain ?? "", one.actors.map((id) => names.get(id) ?? id).join("; ")];
  return [HEADS, ...answer.sentences.map(row)];
}

// A spreadsheet would run what begins so, and an article may be a stranger's (OWASP: CSV injection).
const harmless = (cell) => (typeof cell === "string" && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell));

/** Rows as CSV (RFC 4180). */
export const csv = (found) => found.map((row) => row.map((cell) => `"${harmless(cell).replaceAll('"', '""')}"`).join(",")).join("\r\n") + "\r\n";

const tsv = (found) => found.map((row) => row.map((cell) => harmless(cell).replace(/\s+/g, " ")).join("\t")).join("\n");

function html(found) {
  const [heads, ...body] = found.map((row, index) => make("tr", {}, ...row.map((cell) => make(index ? "td" : "th", {}, harmless(cell)))));
  return make("table", {}, make("thead", {}, heads), make("tbody", {}, ...body)).outerHTML;
}

/** Put rows on the clipboard, as a table for those who take one and as text with tabs for the others. */
export const copyTable = (found) => copy({ "text/plain": tsv(found), "text/html": html(found) });

/** Put forms of one thing on the clipboard, by media type. */
export async function copy(forms) {
  if (navigator.clipboard) {
    const blobs = Object.entries(forms).map(([type, content]) => [type, new Blob([content], { type })]);
    return navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
  }
  // The clipboard's own interface is there under HTTPS and on localhost alone.
  const fill = (event) => {
    for (const [type, content] of Object.entries(forms)) event.clipboardData.setData(type, content);
    event.preventDefault();
  };
  document.addEventListener("copy", fill, { once: true });
  if (!document.execCommand("copy")) throw new Error("refused");
}

/** Have the browser save a file. */
export function download(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The command that asks for the same answer; the key is named by its variable, never shown. */
export function curl(body, withKey) {
  const key = withKey ? ` -H "Authorization: Bearer $STANCE_API_KEY"` : "";
  return `curl -s '${new URL("analyze", document.baseURI)}' -H 'Content-Type: application/json'${key} --data-binary @- <<'END'\n${body}\nEND\n`;
}

/**
 * Fails for a text of the page that is not in its catalogue: words between tags and in attributes that are read aloud
 * or shown, outside of the macros. `npm run check` runs it beside `lingui check`, which compares catalogue and macros.
 */
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const SHOWN = new Set(['aria-label', 'title', 'placeholder', 'alt', 'label', 'prompt', 'noMatch', 'nothing', 'what']);
/** What is not translated: code and keys, as one types them. */
const AS_TYPED = new Set(['code', 'kbd']);
/** Words; but neither the product's name nor an address alone. */
const words = (text) => /\p{L}{2,}/u.test(text) && !/^(Doorwatch|[a-z]+:\/\/\S+)$/.test(text.trim());

function sources(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sources(file);
    return /(?<!\.test)\.tsx$/.test(entry.name) ? [file] : [];
  });
}

function nameOf(node) {
  return ts.isJsxElement(node) ? node.openingElement.tagName.getText() : '';
}

/** Whether a text stands within a macro, or in what is not translated. */
function covered(node) {
  for (let up = node.parent; up; up = up.parent) {
    if (ts.isJsxElement(up) && (nameOf(up) === 'Trans' || AS_TYPED.has(nameOf(up)))) return true;
    if (ts.isJsxExpression(up) || ts.isJsxAttribute(up)) return false;
  }
  return false;
}

function bare(file) {
  const text = fs.readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found = [];
  const look = (node) => {
    const plain =
      (ts.isJsxText(node) && words(node.text) && !covered(node)) ||
      (ts.isJsxAttribute(node) && node.initializer && ts.isStringLiteral(node.initializer) &&
        SHOWN.has(node.name.getText()) && words(node.initializer.text));
    if (plain) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1}: ${node.getText().trim().slice(0, 80)}`);
    }
    ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

const found = sources('src').flatMap(bare);
if (found.length) {
  process.stderr.write(`${found.join('\n')}\n${found.length} texts are not in the catalogue: write them in t\`...\` or <Trans>, `);
  process.stderr.write('then run `npm run texts`\n');
  process.exit(1);
}

/**
 * Fails where the page could change a prototype by a name that came from elsewhere: what is looked up by names that are
 * not known beforehand is a Map, or is made whole with Object.fromEntries, which sets own properties alone.
 */
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Here numbers alone are between the brackets. */
const NUMBERS = new Set([path.join('src', 'geometry', 'homography.ts')]);
const ASSIGNMENTS = new Set(
  Object.entries(ts.SyntaxKind)
    .filter(([name]) => /EqualsToken$/.test(name) && !/(EqualsEquals|LessThan|GreaterThanEquals|Exclamation)/.test(name))
    .map(([, kind]) => kind),
);
const CALLS = /^(Object\.(assign|setPrototypeOf|defineProperty|defineProperties)|Reflect\.(set|defineProperty|setPrototypeOf))$/;

function sources(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sources(file);
    return /(?<!\.test|\.d)\.tsx?$/.test(entry.name) ? [file] : [];
  });
}

/** Why a node could change a prototype; undefined for one that can't. */
function danger(node, file) {
  if (ts.isBinaryExpression(node) && ASSIGNMENTS.has(node.operatorToken.kind)) {
    const left = node.left;
    const literal = ts.isElementAccessExpression(left) && ts.isLiteralExpression(left.argumentExpression);
    if (ts.isElementAccessExpression(left) && !literal && !NUMBERS.has(file)) return 'sets a property by a computed name';
  }
  if (ts.isCallExpression(node) && CALLS.test(node.expression.getText())) return `calls ${node.expression.getText()}`;
  if (ts.isPropertyAccessExpression(node) && node.name.text === '__proto__') return 'names __proto__';
  return undefined;
}

function found(file) {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const lines = [];
  const look = (node) => {
    const why = danger(node, file);
    if (why) lines.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${why}: use a Map`);
    ts.forEachChild(node, look);
  };
  look(source);
  return lines;
}

process.chdir(path.join(import.meta.dirname, '..'));
const lines = sources('src').flatMap(found);
if (lines.length) {
  console.error(lines.join('\n'));
  process.exit(1);
}

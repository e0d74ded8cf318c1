// A flow as the text of a flow file, and back. Loaded only where somebody sees or pastes YAML.
import { isMap, isScalar, LineCounter, parseDocument, Scalar, visit, Document } from "yaml";
import { type Flow, type FlowDocument, fromDocument, ShapeError, toDocument } from "@/features/workflows/model/flow";

export interface TextProblem {
  message: string;
  line: number;
}

export type ReadFlow = { flow: Flow; problem: null } | { flow: null; problem: TextProblem };

const WIDE = 0;

/** The YAML text of a flow. */
export function toYaml(flow: Flow): string {
  return dataToYaml(toDocument(flow));
}

/** Data as YAML that a flow file may hold: no aliases, short lists and places on one line, long texts as blocks. */
export function dataToYaml(data: FlowDocument): string {
  const document = new Document(data, { aliasDuplicateObjects: false });
  visit(document, {
    Seq(_key, node) {
      if (node.items.length > 0 && node.items.every((item) => isScalar(item) && String(item.value).length < 40 && !String(item.value).includes("->"))) {
        node.flow = true;
      }
    },
    Map(_key, node) {
      if (node.items.length === 0) node.flow = true;
    },
    Scalar(_key, node) {
      if (typeof node.value === "string" && node.value.includes("\n") && !/[ \t]\n/.test(node.value)) node.type = Scalar.BLOCK_LITERAL;
    },
  });
  return document.toString({ lineWidth: WIDE, flowCollectionPadding: false });
}

/** The data of a YAML text, or what is wrong with it and in which line. */
export function readYaml(text: string): { data: unknown; problem: null } | { data: null; problem: TextProblem } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, version: "1.2" });
  const error = document.errors[0];
  if (error) return { data: null, problem: { message: error.message, line: lines.linePos(error.pos[0]).line } };
  try {
    return { data: document.toJS({ maxAliasCount: 0 }), problem: null };
  } catch (failure) {
    return { data: null, problem: { message: failure instanceof Error ? failure.message : String(failure), line: 1 } };
  }
}

/** The flow of a YAML text, or what is wrong with it and in which line. */
export function fromYaml(text: string): ReadFlow {
  const read = readYaml(text);
  if (read.problem) return { flow: null, problem: read.problem };
  try {
    return { flow: fromDocument(read.data), problem: null };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return { flow: null, problem: { message: error.field, line: lineOf(text, error.field) } };
  }
}

/** The line in which a field of a document stands, `nodes.check.when` for instance; 1 where it cannot be found. */
export function lineOf(text: string, field: string): number {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  let place: unknown = document.contents;
  let line = 1;
  for (const name of field.split(".")) {
    if (!isMap(place)) break;
    const pair = place.items.find((item) => isScalar(item.key) && String(item.key.value) === name);
    if (!pair || !isScalar(pair.key) || !pair.key.range) break;
    line = lines.linePos(pair.key.range[0]).line;
    place = pair.value;
  }
  return line;
}

/** Where nodes stand in a text: from which line to which, the inner ones after those that they stand in. */
export function nodeLines(text: string): { id: string; place: string[]; from: number; to: number }[] {
  const lines = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: lines });
  const found: { id: string; place: string[]; from: number; to: number }[] = [];
  const walk = (graph: unknown, place: string[]): void => {
    const nodes = isMap(graph) ? graph.get("nodes", true) : null;
    if (!isMap(nodes)) return;
    for (const { key, value } of nodes.items) {
      if (!isScalar(key) || !key.range) continue;
      const end = isMap(value) || isScalar(value) ? (value.range?.[1] ?? key.range[1]) : key.range[1];
      const id = String(key.value);
      found.push({ id, place, from: lines.linePos(key.range[0]).line, to: lines.linePos(Math.max(end - 1, key.range[0])).line });
      walk(value, [...place, id]);
    }
  };
  walk(contents, []);
  return found;
}

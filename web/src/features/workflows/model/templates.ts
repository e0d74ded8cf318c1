// Flows to begin with. Each runs with nothing but what is installed.
import type { FlowDocument } from "@/features/workflows/model/flow";

export type TemplateName = "approval" | "assistant" | "batch" | "blank" | "greeting" | "loop" | "sorting";

/** A flow that does nothing yet. */
const blank: FlowDocument = { nodes: { start: { type: "start" } }, layout: { start: [0, 120] } };

const greeting: FlowDocument = {
  inputs: { name: { type: "string", required: true } },
  nodes: {
    start: { type: "start" },
    hello: { type: "transform", expression: "'Hello ' + inputs.name" },
    end: { type: "end", outputs: { text: "{{ hello.output }}" } },
  },
  edges: ["start -> hello", "hello -> end"],
  layout: { start: [0, 120], hello: [280, 120], end: [560, 120] },
};

const approval: FlowDocument = {
  inputs: { order: { type: "string", required: true }, amount: { type: "number", required: true } },
  nodes: {
    start: { type: "start" },
    large: { type: "condition", when: "inputs.amount > 50" },
    approve: { type: "human", question: "Refund {{ inputs.amount }} for order {{ inputs.order }}?", options: ["approve", "reject"] },
    refunded: { type: "end", outputs: { result: "Order {{ inputs.order }}: refunded {{ inputs.amount }}" } },
    refused: { type: "end", outputs: { result: "Order {{ inputs.order }}: not refunded" } },
  },
  edges: ["start -> large", { "large -> approve": true }, { "large -> refunded": false }, { "approve -> refunded": "approve" }, { "approve -> refused": "reject" }],
  layout: { start: [0, 120], large: [280, 110], approve: [560, 0], refunded: [840, 180], refused: [840, 0] },
};

const assistant: FlowDocument = {
  inputs: { question: { type: "string", required: true } },
  nodes: {
    start: { type: "start" },
    draft: { type: "agent", purpose: "Answer the question in two or three sentences.", input: "{{ inputs.question }}" },
    review: { type: "human", question: "Send this answer?", options: ["send", "stop"], context: "{{ draft.output }}" },
    sent: { type: "end", outputs: { answer: "{{ draft.output }}" } },
    stopped: { type: "end", outputs: { answer: "The answer was held back." } },
  },
  edges: ["start -> draft", "draft -> review", { "review -> sent": "send" }, { "review -> stopped": "stop" }],
  layout: { start: [0, 120], draft: [280, 120], review: [560, 120], sent: [840, 60], stopped: [840, 200] },
};

const batch: FlowDocument = {
  inputs: { prices: { type: "array", default: [12, 80, 45, 120] } },
  nodes: {
    start: { type: "start" },
    each: {
      type: "iterate",
      items: "inputs.prices",
      parallel: 4,
      nodes: { taxed: { type: "transform", expression: "item * 1.2" }, rounded: { type: "transform", expression: "round(output)" } },
      edges: ["taxed -> rounded"],
    },
    large: { type: "list", items: "each.output", where: "item > 50", sort_by: "item", descending: true },
    end: { type: "end", outputs: { all: "{{ each.output }}", large: "{{ large.output }}" } },
  },
  edges: ["start -> each", "each -> large", "large -> end"],
  layout: { start: [0, 120], each: [280, 120], large: [560, 120], end: [840, 120], taxed: [0, 60], rounded: [280, 60] },
};

const loop: FlowDocument = {
  inputs: { target: { type: "integer", default: 100 } },
  nodes: {
    start: { type: "start" },
    begin: { type: "assign", set: { total: 1 } },
    double: {
      type: "loop",
      until: "vars.total >= inputs.target",
      max: 50,
      nodes: { next: { type: "transform", expression: "vars.total * 2" }, keep: { type: "assign", set: { total: "{{ next.output }}" } } },
      edges: ["next -> keep"],
    },
    end: { type: "end", outputs: { total: "{{ vars.total }}" } },
  },
  edges: ["start -> begin", "begin -> double", "double -> end"],
  layout: { start: [0, 120], begin: [280, 120], double: [560, 120], end: [840, 120], next: [0, 60], keep: [280, 60] },
};

const sorting: FlowDocument = {
  inputs: { ticket: { type: "string", required: true } },
  nodes: {
    start: { type: "start" },
    sort: { type: "switch", cases: { urgent: "'urgent' in lower(inputs.ticket)", billing: "'invoice' in lower(inputs.ticket)" } },
    page: { type: "end", outputs: { queue: "on call", ticket: "{{ inputs.ticket }}" } },
    bill: { type: "end", outputs: { queue: "billing", ticket: "{{ inputs.ticket }}" } },
    usual: { type: "end", outputs: { queue: "support", ticket: "{{ inputs.ticket }}" } },
  },
  edges: ["start -> sort", { "sort -> page": "urgent" }, { "sort -> bill": "billing" }, { "sort -> usual": "default" }],
  layout: { start: [0, 120], sort: [280, 100], page: [560, 0], bill: [560, 120], usual: [560, 240] },
};

export const TEMPLATES: Readonly<Record<TemplateName, FlowDocument>> = { blank, greeting, approval, assistant, sorting, batch, loop };

/** A flow's id from what it is called; unlike every one in `taken`. */
export function slugOf(name: string, taken: ReadonlySet<string>): string {
  const plain = name.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const base = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80) || "flow";
  let slug = base;
  for (let number = 2; taken.has(slug); number += 1) slug = `${base}-${number}`;
  return slug;
}

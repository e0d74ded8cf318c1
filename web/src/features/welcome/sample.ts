/** A flow that asks before it goes on where much money is at stake. It needs no model. */
export const SAMPLE_FLOW = {
  liteagent: 1,
  id: "sample-refund",
  name: "Sample: refund with approval",
  inputs: {
    order: { type: "string", required: true },
    amount: { type: "number", required: true },
  },
  nodes: {
    start: { type: "start" },
    large: { type: "condition", when: "inputs.amount > 50" },
    approve: {
      type: "human",
      question: "Refund {{ inputs.amount }} for order {{ inputs.order }}?",
      options: ["approve", "reject"],
    },
    refunded: { type: "end", outputs: { result: "Order {{ inputs.order }}: refunded {{ inputs.amount }}" } },
    refused: { type: "end", outputs: { result: "Order {{ inputs.order }}: not refunded" } },
  },
  edges: [
    "start -> large",
    { "large -> approve": true },
    { "large -> refunded": false },
    { "approve -> refunded": "approve" },
    { "approve -> refused": "reject" },
  ],
  layout: { start: [0, 120], large: [220, 120], approve: [440, 40], refunded: [680, 120], refused: [680, 0] },
};

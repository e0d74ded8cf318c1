// What a new node says at first, so that it can run before anybody has filled it in. Texts come in the chosen language.
import type { Translate } from "@/i18n";

type Config = Readonly<Record<string, unknown>>;

/** The configuration that a new node of a type begins with. */
export function starter(type: string, t: Translate): Config {
  switch (type) {
    case "agent":
      return { purpose: t("workflows.starter.agent") };
    case "answer":
      return { text: "{{ output }}" };
    case "assign":
      return { set: { value: "{{ output }}" } };
    case "classify":
      return { classes: ["one", "other"] };
    case "code":
      return { code: "def main(value):\n    return value\n", inputs: { value: "{{ output }}" } };
    case "condition":
      return { when: "output != null" };
    case "extract":
      return { schema: { title: { type: "string" } } };
    case "http":
      return { url: "https://example.com" };
    case "human":
      return { question: t("workflows.starter.human"), options: [t("workflows.starter.yes"), t("workflows.starter.no")] };
    case "iterate":
      return { items: "output" };
    case "list":
      return { items: "output" };
    case "llm":
      return { prompt: "{{ output }}" };
    case "loop":
      return { max: 3 };
    case "switch":
      return { cases: { first: "output != null" } };
    case "template":
      return { template: "{{ output }}" };
    case "transform":
      return { expression: "output" };
    case "wait":
      return { seconds: 1 };
    default:
      return {};
  }
}

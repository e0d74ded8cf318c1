"use client";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, data } from "@/api/client";
import { placeOf, type Flow } from "@/features/workflows/model/flow";
import type { Problem } from "@/features/workflows/model/problems";
import { fromYaml, lineOf, nodeLines, toYaml } from "@/features/workflows/model/yaml";
import { selectedNode, useEditor, useEditorStore } from "@/features/workflows/store";
import styles from "@/features/workflows/text/Text.module.css";
import { useT } from "@/i18n";
import { CodeEditor, type CodeMark } from "@/ui/CodeEditor";

const READ_MS = 350;

/** The flow as the text of its file. What is typed goes onto the canvas as soon as it can be read; what cannot is told at its line. */
export default function YamlView(): ReactNode {
  const t = useT();
  const store = useEditorStore();
  const flow = useEditor((state) => state.flow);
  const selected = useEditor(selectedNode);
  const own = useRef<Flow>(flow);
  const fromCaret = useRef<string | null>(null);
  const [text, setText] = useState(() => toYaml(flow));
  const [marks, setMarks] = useState<readonly CodeMark[]>([]);

  useEffect(() => {
    if (own.current === flow) return;
    own.current = flow;
    setText(toYaml(flow));
  }, [flow]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const read = fromYaml(text);
      if (read.problem) {
        const { line, message } = read.problem;
        setMarks([{ line, message: message.includes(" ") ? message : t("workflows.yaml.shape", { field: message || "document" }), severity: "error" }]);
        return;
      }
      if (toYaml(read.flow) !== toYaml(store.getState().flow)) {
        own.current = read.flow;
        store.getState().commit("yaml", "", read.flow, { key: "yaml" });
      }
      void problemsOf(text).then((problems) => setMarks(problems.flatMap((each) => mark(each, text))));
    }, READ_MS);
    return () => clearTimeout(timer);
  }, [store, t, text]);

  const follow = useCallback(
    (line: number) => {
      const id = nodeLines(text).findLast((each) => each.from <= line && line <= each.to)?.id;
      const { enter, flow: now, place, select } = store.getState();
      const at = id === undefined ? null : placeOf(now, id);
      if (!id || !at) return;
      fromCaret.current = id;
      if (at.join() === place.join()) select([id]);
      else enter(at, [id]);
    },
    [store, text],
  );
  const line = useMemo(() => {
    if (!selected || selected === fromCaret.current) return null;
    return nodeLines(text).find((each) => each.id === selected)?.from ?? null;
    // Only a change of the selection brings a line into view, not every letter.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [selected]);
  return (
    <div className={styles.text}>
      <CodeEditor label={t("workflows.yaml")} language="yaml" value={text} onChange={setText} marks={marks} onLine={follow} line={line} />
    </div>
  );
}

function mark({ line, field, message, severity }: Problem, text: string): CodeMark[] {
  return [{ line: line ?? lineOf(text, field), message, severity: severity === "error" ? "error" : "warning" }];
}

/** What the server says of a text, with lines. */
async function problemsOf(text: string): Promise<Problem[]> {
  const sent = { body: text as never, bodySerializer: (body: unknown) => body as string, headers: { "Content-Type": "text/yaml" } };
  return (await data(api.POST("/api/workflows/validate", sent)).catch(() => null))?.problems ?? [];
}

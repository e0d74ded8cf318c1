"use client";
import { lazy, memo, type ReactNode, Suspense, useMemo } from "react";
import styles from "@/ui/Markdown.module.css";

const Rendered = lazy(() => import("@/ui/MarkdownBlock"));

interface Props {
  text: string;
  /** What to put in place of `[n]`, where n is a citation's number. */
  cite?: (marker: number) => ReactNode;
}

/** Text as Markdown, block by block, so that a growing answer renders only its last block again.
 * HTML in it is shown as it is written and never becomes part of the page. */
export function Markdown({ text, cite }: Props): ReactNode {
  const blocks = useMemo(() => inBlocks(text), [text]);
  return (
    <div className={styles.markdown}>
      {blocks.map((block, at) => (
        <Block key={at} text={block} cite={cite} />
      ))}
    </div>
  );
}

const Block = memo(function Block({ text, cite }: Props): ReactNode {
  return (
    <Suspense fallback={<p className={styles.plain}>{text}</p>}>
      <Rendered text={text} cite={cite} />
    </Suspense>
  );
});

/** The text cut at blank lines, but never inside a fenced block. */
function inBlocks(text: string): string[] {
  const blocks: string[] = [];
  let block: string[] = [];
  let fence: string | null = null;
  for (const line of text.split("\n")) {
    const mark = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? null;
    if (mark && fence === null) fence = mark;
    else if (mark && fence !== null && mark.startsWith(fence)) fence = null;
    if (line.trim() === "" && fence === null) {
      if (block.length > 0) blocks.push(block.join("\n"));
      block = [];
    } else {
      block.push(line);
    }
  }
  if (block.length > 0) blocks.push(block.join("\n"));
  return joined(blocks);
}

/** Items of one list that stand apart, and what is indented under them, belong together. */
function joined(blocks: string[]): string[] {
  const found: string[] = [];
  for (const block of blocks) {
    const before = found.at(-1);
    const inList = before !== undefined && /^\s*([-*+]|\d+[.)])\s/.test(before);
    if (inList && /^(\s{2,}|\s*([-*+]|\d+[.)])\s)/.test(block)) found[found.length - 1] = `${before}\n\n${block}`;
    else found.push(block);
  }
  return found;
}

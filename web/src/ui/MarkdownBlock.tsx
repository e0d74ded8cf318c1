"use client";
import { Children, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";

const PLUGINS = [remarkGfm];
const MARKER = /\[(\d{1,3})\]/g;

interface Props {
  text: string;
  cite?: (marker: number) => ReactNode;
}

/** One block of Markdown. Links open elsewhere and tell nobody where from; pictures stay words: none is fetched. */
export default function MarkdownBlock({ text, cite }: Props): ReactNode {
  const cited = (children: ReactNode): ReactNode =>
    cite ? Children.map(children, (child) => (typeof child === "string" ? withCitations(child, cite) : child)) : children;
  const components: Components = {
    a: ({ href, children }) => (
      <a href={href} target="_blank" rel="noreferrer noopener">
        {children}
      </a>
    ),
    img: ({ alt }) => <span>[{alt}]</span>,
    p: ({ children }) => <p>{cited(children)}</p>,
    li: ({ children }) => <li>{cited(children)}</li>,
    td: ({ children }) => <td>{cited(children)}</td>,
    strong: ({ children }) => <strong>{cited(children)}</strong>,
    em: ({ children }) => <em>{cited(children)}</em>,
    pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  };
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={components}>
      {text}
    </ReactMarkdown>
  );
}

function withCitations(text: string, cite: (marker: number) => ReactNode): ReactNode[] {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const found of text.matchAll(MARKER)) {
    const link = cite(Number(found[1]));
    if (!link) continue;
    parts.push(text.slice(from, found.index), <span key={found.index}>{link}</span>);
    from = found.index + found[0].length;
  }
  parts.push(text.slice(from));
  return parts;
}

"use client";
import { type ReactNode, useState } from "react";
import { useT } from "@/i18n";
import { IconButton } from "@/ui/Button";

const SHOWN_MS = 1500;

/** Puts a text on the clipboard and says so for a moment. */
export function CopyButton({ text, label }: { text: string; label?: string }): ReactNode {
  const t = useT();
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <IconButton
      small
      icon={copied ? "check" : "copy"}
      label={copied ? t("action.copied") : (label ?? t("action.copy"))}
      onClick={() => void copy()}
    />
  );
}

"use client";
import { type FormEvent, type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import styles from "@/features/chat/Composer.module.css";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";

interface Props {
  busy: boolean;
  disabled: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
}

/** Where a message is written. Enter sends, Shift+Enter begins a line. */
export function Composer({ busy, disabled, onSend, onStop }: Props): ReactNode {
  const t = useT();
  const [text, setText] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const field = area.current;
    if (!field) return;
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + 2, text ? 240 : 44)}px`;
  }, [text]);
  const send = (event: FormEvent | KeyboardEvent): void => {
    event.preventDefault();
    if (busy || disabled || !text.trim()) return;
    onSend(text);
    setText("");
  };
  return (
    <form className={styles.composer} onSubmit={send}>
      <textarea
        ref={area}
        rows={1}
        className={styles.text}
        aria-label={t("chat.message")}
        placeholder={t("chat.placeholder")}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) send(event);
        }}
      />
      {busy ? (
        <Button icon="stop" onClick={onStop}>
          {t("action.stop")}
        </Button>
      ) : (
        <Button kind="primary" icon="send" type="submit" disabled={disabled || !text.trim()}>
          {t("action.send")}
        </Button>
      )}
    </form>
  );
}

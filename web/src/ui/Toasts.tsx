"use client";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import { useT } from "@/i18n";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import styles from "@/ui/Toasts.module.css";

interface Toast {
  id: number;
  text: string;
  error: boolean;
}

interface Say {
  done: (text: string) => void;
  failed: (text: string) => void;
}

const Context = createContext<Say>({ done: () => {}, failed: () => {} });
const SHOWN_MS = 5000;

/** Short messages at the edge of the screen. An error stays until it is closed. */
export function ToastProvider({ children }: { children: ReactNode }): ReactNode {
  const t = useT();
  const [toasts, setToasts] = useState<Toast[]>([]);
  const last = useRef(0);
  const close = useCallback((id: number) => setToasts((all) => all.filter((each) => each.id !== id)), []);
  const add = useCallback(
    (text: string, error: boolean) => {
      last.current += 1;
      const id = last.current;
      setToasts((all) => [...all.slice(-2), { id, text, error }]);
      if (!error) setTimeout(() => close(id), SHOWN_MS);
    },
    [close],
  );
  const say = useMemo<Say>(() => ({ done: (text) => add(text, false), failed: (text) => add(text, true) }), [add]);
  return (
    <Context value={say}>
      {children}
      <div className={styles.toasts} role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className={cx(styles.toast, toast.error && styles.error)}>
            <span>{toast.text}</span>
            <IconButton icon="close" small label={t("action.close")} onClick={() => close(toast.id)} />
          </div>
        ))}
      </div>
    </Context>
  );
}

/** Says what was done, or what went wrong. */
export function useToasts(): Say {
  return useContext(Context);
}

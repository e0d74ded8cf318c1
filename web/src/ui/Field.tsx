"use client";
import {
  cloneElement,
  type InputHTMLAttributes,
  type ReactElement,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { cx } from "@/ui/cx";
import styles from "@/ui/Field.module.css";

interface Described {
  id?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  /** Keep the label for screen readers only. */
  bare?: boolean;
  children: ReactElement<Described>;
}

/** A control with its label, what helps to fill it in, and what is wrong with it. */
export function Field({ label, hint, error, bare = false, children }: FieldProps): ReactNode {
  const id = useId();
  const described = cx(hint ? `${id}-hint` : null, error ? `${id}-error` : null);
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={bare ? "visually-hidden" : styles.label}>
        {label}
      </label>
      {cloneElement(children, { id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** One line of text. */
export function Input(props: InputHTMLAttributes<HTMLInputElement>): ReactNode {
  return <input autoComplete="off" {...props} className={cx(styles.control, props.className)} />;
}

/** Several lines of text. */
export function TextArea(props: TextareaHTMLAttributes<HTMLTextAreaElement>): ReactNode {
  return <textarea rows={4} {...props} className={cx(styles.control, styles.area, props.className)} />;
}

/** One of several; the options are its children. */
export function Select(props: SelectHTMLAttributes<HTMLSelectElement>): ReactNode {
  return <select {...props} className={cx(styles.control, props.className)} />;
}

type CheckProps = Omit<InputHTMLAttributes<HTMLInputElement>, "type"> & { label: ReactNode; toggle?: boolean };

/** Yes or no. */
export function Check({ label, toggle = false, ...rest }: CheckProps): ReactNode {
  return (
    <label className={styles.check}>
      <input type="checkbox" role={toggle ? "switch" : undefined} {...rest} />
      <span>{label}</span>
    </label>
  );
}

/** Fields of one form, one below the other. */
export function Fields({ children }: { children: ReactNode }): ReactNode {
  return <div className={styles.fields}>{children}</div>;
}

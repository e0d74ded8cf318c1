"use client";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";
import { en, type Key } from "@/i18n/en";

export type Values = Readonly<Record<string, string | number>>;
export type Translate = (key: Key, values?: Values) => string;
type Texts = Readonly<Record<Key, string>>;

/** Languages by code, each under its own name. English is always there; the others are fetched when chosen. */
export const LANGUAGES: Readonly<Record<string, { name: string; rtl?: boolean; load: () => Promise<Texts> }>> = {
  en: { name: "English", load: () => Promise.resolve(en) },
  es: { name: "Español", load: async () => (await import("@/i18n/es")).es },
};

const KEY = "liteagent.language";

interface Language {
  code: string;
  t: Translate;
  choose: (code: string) => void;
}

const Context = createContext<Language>({ code: "en", t: (key, values) => filled(en[key], values), choose: () => {} });

/** `text` with each `{name}` replaced. `{n|one|many}` takes the first form for 1 and the second otherwise. */
export function filled(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (one === undefined) return String(value);
    return (value === 1 ? one : (many ?? "")).replace("#", String(value));
  });
}

function preferred(): string {
  const stored = localStorage.getItem(KEY);
  const wished = [stored, ...navigator.languages.map((tag) => tag.split("-")[0])];
  return wished.find((code): code is string => !!code && code in LANGUAGES) ?? "en";
}

/** Gives the texts of the chosen language to everything below. */
export function LanguageProvider({ children }: { children: ReactNode }): ReactNode {
  const [code, setCode] = useState("en");
  const [texts, setTexts] = useState<Texts>(en);

  const show = useCallback((wanted: string) => {
    void LANGUAGES[wanted]?.load().then((loaded) => {
      setTexts(loaded);
      setCode(wanted);
      document.documentElement.lang = wanted;
      document.documentElement.dir = LANGUAGES[wanted]?.rtl ? "rtl" : "ltr";
    });
  }, []);

  useEffect(() => show(preferred()), [show]);

  const language = useMemo<Language>(
    () => ({
      code,
      t: (key, values) => filled(texts[key], values),
      choose: (wanted) => {
        localStorage.setItem(KEY, wanted);
        show(wanted);
      },
    }),
    [code, show, texts],
  );
  return <Context value={language}>{children}</Context>;
}

/** The translation function of the chosen language. */
export function useT(): Translate {
  return useContext(Context).t;
}

/** The chosen language, and how to choose another. */
export function useLanguage(): Language {
  return useContext(Context);
}

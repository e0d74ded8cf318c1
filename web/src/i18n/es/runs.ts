import type { runs as en } from "@/i18n/en/runs";

export const runs: Record<keyof typeof en, string> = {
  "inbox.answer": "Respuesta",
  "inbox.answered": "Respondido",
  "inbox.asked": "preguntado {ago}",
  "inbox.context": "Lo que hay que saber",
  "inbox.empty": "Nada te espera",
  "inbox.emptyText": "Cuando un flujo o un agente pregunte a una persona, la pregunta aparecerá aquí.",
  "inbox.keys": "J y K mueven, A toma la primera opción, R la segunda.",
  "inbox.other": "Otra respuesta",
  "inbox.run": "Su ejecución",
  "inbox.until": "hasta {moment}",
  "inbox.who": "para {who}",
};

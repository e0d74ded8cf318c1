export const runs = {
  "inbox.answer": "Answer",
  "inbox.answered": "Answered",
  "inbox.asked": "asked {ago}",
  "inbox.context": "What there is to know",
  "inbox.empty": "Nothing waits for you",
  "inbox.emptyText": "When a flow or an agent asks a person, the question shows up here.",
  "inbox.keys": "J and K move, A takes the first option, R the second.",
  "inbox.other": "Another answer",
  "inbox.run": "Its run",
  "inbox.until": "until {moment}",
  "inbox.who": "for {who}",
} as const;

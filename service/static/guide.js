// The labelling guide at hand: what each label is, and the commonest doubts. Written for our own target and no other.
const TARGET = "US withdrawal from the INF Treaty";
const RULES = {
  support: "endorses, welcomes, backs, defends or justifies leaving, or reports that somebody does",
  criticism: "opposes, regrets, warns against, mocks or argues against leaving, or reports that somebody does",
  neutral: "does neither: facts, procedure, history, other matters, a stance toward something else",
};
// The rule, an example of training/GUIDELINES.md, and the example's side.
const DOUBTS = [
  ["A bare announcement is neutral; with a reason for leaving, whoever gives it, it is support.", "The United States will leave the treaty in August because of a missile that it says is banned.", "support"],
  ["Accusing Russia, with no word of leaving, is neutral.", "Allies agreed that the missile breaks the treaty.", "neutral"],
  ["Regret for the treaty’s end is criticism; fear of missiles or an arms race alone is neutral.", "Vienna would be sorry to see the treaty go.", "criticism"],
  ["“The step” or “the plan” is the withdrawal; “it” or “the situation” is not enough.", "It makes no sense, the colonel said.", "neutral"],
  ["Wanting the treaty kept is criticism; calling it important, and no more, is neutral.", "The treaty is a cornerstone of European security.", "neutral"],
  ["Blaming Russia for the treaty’s end is support, blaming Washington criticism.", "If the treaty dies, Moscow will have killed it, the minister said.", "support"],
  ["A threat is criticism where the exit is its trigger, else neutral.", "Should missiles come to Poland, there will be an answer, the general said.", "neutral"],
  ["Of two opposed stances the main clause decides.", "Although he regretted the decision, the minister said that Moscow had left no other.", "support"],
  ["What somebody denies or did not do is turned round.", "The chancellery did not back the withdrawal.", "criticism"],
];
let roles = null;

/** Take over a model card; the guide says nothing to another target or other sides. */
export function learn(card) {
  const ours = card.target === TARGET && Object.keys(RULES).every((side) => card.roles[side]);
  roles = ours ? card.roles : null;
}

/** What a label is, by the guide, or nothing. */
export function ruleOf(label) {
  const side = Object.keys(roles ?? {}).find((one) => roles[one] === label);
  return RULES[side] ?? null;
}

/** The commonest doubts: rule, example, the example's label. */
export const doubts = () => (roles ? DOUBTS.map(([rule, example, side]) => ({ rule, example, label: roles[side] })) : []);

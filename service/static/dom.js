// Elements made by the script: text only, never HTML, so that no article can bring its own.

/** Make an element: properties and attributes by name (`class`, `aria-…`, `onclick`), then its children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

export const find = (id) => document.getElementById(id);

/** Say something to those who listen to the page. */
export function say(sentence) {
  find("live").textContent = sentence;
}

export const percent = (share) => `${Math.round(share * 100)}%`;

/** Write a number with its sign, a true minus, and so many decimals. */
export function signed(value, decimals = 2) {
  const written = Math.abs(value).toFixed(decimals);
  if (Number(written) === 0) return written;
  return (value < 0 ? "−" : "+") + written;
}

export const counted = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

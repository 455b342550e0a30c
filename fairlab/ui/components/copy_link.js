// Copies a link. Browsers give the clipboard to https and localhost only; elsewhere the text is
// selected and copied the old way, or stays selected for the visitor's own keys.
export default function ({ parentElement, data }) {
  speak(data);
  sayStanding(parentElement);
  const text = parentElement.querySelector(".fl-copy-text");
  const button = parentElement.querySelector(".fl-copy-button");
  const said = parentElement.querySelector(".fl-copy-said");
  if (text.value !== data.link) said.textContent = "";
  text.value = data.link;
  text.setAttribute("aria-label", data.label);
  text.onfocus = () => text.select();
  button.onclick = async () => {
    let copied = false;
    try {
      await navigator.clipboard.writeText(data.link);
      copied = true;
    } catch {
      text.focus();
      text.select();
      copied = document.execCommand("copy");
    }
    said.textContent = copied ? tt("Copied.") : tt("Selected; press Ctrl+C to copy.");
  };
}

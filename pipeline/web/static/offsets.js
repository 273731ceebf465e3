// Characters of the article that a selection covers, counted as Python counts them: by code point.
// Every paragraph knows where it begins; within it all text counts, and only text.

export function codePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function place(article, node, offset) {
  if (node === article) {
    const paragraph = article.children[offset];
    return paragraph ? Number(paragraph.dataset.start) : endOf(article.lastElementChild);
  }
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  const paragraph = element.closest("[data-start]");
  if (!paragraph || !article.contains(paragraph)) return null;
  const range = document.createRange();
  range.setStart(paragraph, 0);
  range.setEnd(node, offset);
  return Number(paragraph.dataset.start) + codePoints(range.toString());
}

function endOf(paragraph) {
  return Number(paragraph.dataset.start) + codePoints(paragraph.textContent);
}

export function selectedSpan(article, selection = document.getSelection()) {
  if (!article || !selection || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  if (!article.contains(range.startContainer)) return null;
  const start = place(article, range.startContainer, range.startOffset);
  const end = article.contains(range.endContainer)
    ? place(article, range.endContainer, range.endOffset)
    : endOf(article.lastElementChild);
  if (start === null || end === null || start >= end) return null;
  return { start, end, text: range.toString() };
}

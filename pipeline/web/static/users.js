// Roles and disabling, as the API has them.
const change = async (id, body) => {
  const answer = await fetch(`/api/v1/users/${id}`, {
    method: "PATCH",
    headers: { "content-type": "application/json", "x-csrf-token": document.body.dataset.csrf },
    body: JSON.stringify(body),
  });
  if (answer.ok) location.reload();
  else alert((await answer.json()).message);
};
document.querySelectorAll("select[data-user]").forEach((select) =>
  select.addEventListener("change", () => change(select.dataset.user, { role: select.value })));
document.querySelectorAll("button[data-disable]").forEach((button) =>
  button.addEventListener("click", () => change(button.dataset.user, { disabled: button.dataset.disable === "true" })));

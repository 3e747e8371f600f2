// Leads about the pictures of the masks: which matrix, which part, how large.
(() => {
  const data = document.getElementById("data");
  if (!data) return;
  const masks = JSON.parse(data.textContent);
  const at = id => document.getElementById(id);
  const [block, matrix, part, zoom] = ["block", "matrix", "part", "zoom"].map(at);
  const fill = (select, values) => {
    const was = select.value;
    select.replaceChildren(...values.map(v => new Option(v, v)));
    if (values.includes(was)) select.value = was;
  };
  const unique = values => [...new Set(values)];

  function choose() {
    fill(matrix, masks.list.filter(m => m.block == block.value).map(m => m.name));
    const m = masks.list.find(m => m.block == block.value && m.name == matrix.value);
    fill(part, m.pictures.map(p => p.what));
    const p = m.pictures.find(p => p.what == part.value);
    const picture = at("picture");
    picture.src = p.src;
    picture.alt = `mask of ${m.name} in block ${m.block}, ${p.what}`;
    at("about").textContent = `${m.about} ${p.about}`;
    return p;
  }

  function scale(p) {
    const view = at("view"), z = +zoom.value;
    at("picture").width = p.cols * z;
    at("picture").height = p.rows * z;
    at("times").textContent = `×${z}`;
    view.classList.toggle("grouped", p.exact && masks.group > 1 && z >= 6);
    view.style.setProperty("--gw", masks.group * z + "px");
    view.style.setProperty("--pw", p.cols * z + "px");
    view.style.setProperty("--ph", p.rows * z + "px");
  }

  // fitting is the largest zoom at which the whole picture can be seen.
  function fitting(p) {
    const room = at("masks").clientWidth - 4;
    return Math.max(1, Math.min(8, Math.floor(Math.min(room / p.cols, 540 / p.rows))));
  }

  let shown;
  function show() {
    shown = choose();
    zoom.value = fitting(shown);
    scale(shown);
  }
  // Zooming keeps what is in the middle of the view there.
  zoom.addEventListener("input", () => {
    const view = at("view");
    const x = (view.scrollLeft + view.clientWidth / 2) / view.scrollWidth;
    const y = (view.scrollTop + view.clientHeight / 2) / view.scrollHeight;
    scale(shown);
    view.scrollLeft = x * view.scrollWidth - view.clientWidth / 2;
    view.scrollTop = y * view.scrollHeight - view.clientHeight / 2;
  });
  at("controls").addEventListener("submit", e => e.preventDefault());
  for (const select of [block, matrix, part]) select.addEventListener("change", show);
  fill(block, unique(masks.list.map(m => String(m.block))));
  show();
})();

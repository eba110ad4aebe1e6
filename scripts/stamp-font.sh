#!/usr/bin/env bash
# Makes the font of the photos' stamp again: the GB 2312 characters, Latin and the signs between them of Noto Sans CJK SC, out
# of Debian's package (SIL Open Font License 1.1, beside it). Needs the network once; the result is in the repository.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
dpkg-query -W fonts-noto-cjk >/dev/null 2>&1 || { say "stamp-font: install fonts-noto-cjk first"; exit 1; }
source=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q fonttools==4.68.0
"$work/venv/bin/python" - >"$work/characters" <<'PY'
characters = {chr(code) for code in range(0x20, 0x7F)} | set("·—…℃×–□㎡")
for high in range(0xA1, 0xF8):
    for low in range(0xA1, 0xFF):
        try:
            characters.add(bytes([high, low]).decode("gb2312"))
        except UnicodeDecodeError:
            pass
print("".join(sorted(characters)))
PY
# Number 2 of the collection is the simplified Chinese one. Kerning and the like are not drawn, so they are not kept.
"$work/venv/bin/pyftsubset" "$source" --font-number=2 --text-file="$work/characters" --layout-features='' --no-hinting \
  --desubroutinize --drop-tables+=GSUB,GPOS,BASE,vhea,vmtx,VORG --name-IDs=0,1,2,13,14 --output-file=src-tauri/assets/stamp.otf
say "stamp-font: $(stat -c %s src-tauri/assets/stamp.otf) bytes"

// The code stands behind the hash, where no server sees it; it goes out as a form and leaves the address. Old browsers too.
(function () {
  var code = location.hash.replace(/^#/, '')
  if (!code) return
  if (window.history && history.replaceState) history.replaceState(null, '', location.pathname)
  document.getElementById('code').value = code
  document.getElementById('ask').submit()
})()
